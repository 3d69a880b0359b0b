using System.Text;

namespace SafeDeploy.Integrations.Hosts.GitHub;

/// <summary>The action's faces and their input tables, made from <see cref="HostModel"/>. Pure.</summary>
public static class GitHubManifest
{
    public const string Program = "/opt/safe-deploy/safe-deploy";

    /// <summary>The same binary by a second name: main and post get the same arguments, so the name tells them apart.</summary>
    public const string PostProgram = "/opt/safe-deploy/safe-deploy-post";

    private const string Head = "# Generated from HostModel; write it with: ACCEPT=1 ./build check\n";

    /// <summary>The root <c>action.yml</c>: every step behind one input.</summary>
    public static string Root()
    {
        var text = new StringBuilder(Head);
        text.Append("name: safe-deploy\ndescription: Releases of multi-tenant backends as one recorded, reversible thing; rolls back by itself.\nauthor: safe-deploy contributors\n");
        text.Append("branding: { icon: shield, color: green }\ninputs:\n");
        Input(text, "step", $"The step: {string.Join(", ", HostModel.Verbs.Select(v => v.Name))}.", HostModel.DefaultVerb);
        foreach (var input in HostModel.InputsOn(CiHosts.GitHub))
            Input(text, input.Name, input.DescriptionOn(CiHosts.GitHub), input.Default);
        Outputs(text);
        Runs(text, "Dockerfile", null);
        return text.ToString();
    }

    /// <summary><c>action/VERB/action.yml</c>.</summary>
    public static string Of(HostVerb verb)
    {
        var text = new StringBuilder(Head);
        text.Append($"name: {Quoted($"safe-deploy {verb.Name}")}\ndescription: {Quoted(verb.Description)}\nauthor: safe-deploy contributors\ninputs:\n");
        foreach (var input in HostModel.InputsOn(CiHosts.GitHub).Where(i => i.IsOf(verb.Name)))
            Input(text, input.Name, input.DescriptionOn(CiHosts.GitHub), input.Default);
        Outputs(text);
        Runs(text, "../../Dockerfile", verb.Name);
        return text.ToString();
    }

    /// <summary>The tables of <c>action/README.md</c>.</summary>
    public static string Tables()
    {
        var text = new StringBuilder("# Inputs and outputs of the action\n\n<!-- Generated from HostModel; write it with: ACCEPT=1 ./build check -->\n\n");
        text.Append("`uses: safe-deploy/migrate@v1` with `step:`, or one of the steps by its own name: `uses: safe-deploy/migrate/action/backup@v1`.\n\n");
        text.Append("| step | what it does | watched by the post step |\n|---|---|---|\n");
        foreach (var verb in HostModel.Verbs)
            text.Append($"| `{verb.Name}` | {verb.Description} | {(verb.HasHook ? "yes" : "no")} |\n");
        text.Append("\n## Inputs\n\n| input | steps | default | meaning |\n|---|---|---|---|\n| `step` | the root action | `run` | The step. |\n");
        foreach (var input in HostModel.InputsOn(CiHosts.GitHub))
            text.Append($"| `{input.Name}` | {(input.Verbs.IsEmpty ? "all" : string.Join(", ", input.Verbs))} | {(input.Default.Length > 0 ? $"`{input.Default}`" : "")} | {input.DescriptionOn(CiHosts.GitHub)} |\n");
        text.Append("\n## Outputs\n\n| output | meaning |\n|---|---|\n");
        foreach (var output in HostModel.Outputs)
            text.Append($"| `{output.Name}` | {output.Description} |\n");
        return text.ToString();
    }

    private static void Input(StringBuilder text, string name, string description, string standard) =>
        text.Append($"  {name}:\n    description: {Quoted(description)}\n    required: false\n    default: {Quoted(standard)}\n");

    private static void Outputs(StringBuilder text)
    {
        text.Append("outputs:\n");
        foreach (var output in HostModel.Outputs)
            text.Append($"  {output.Name}:\n    description: {Quoted(output.Description)}\n");
    }

    private static void Runs(StringBuilder text, string image, string? verb) => text.Append(
        $"""
        runs:
          using: docker
          image: {image}
          args: [ {(verb is null ? "action" : $"action, {verb}")} ]
          post-entrypoint: {PostProgram}
          post-if: always()

        """);

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
