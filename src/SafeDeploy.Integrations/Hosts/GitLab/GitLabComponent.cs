using System.Collections.Immutable;
using System.Text;

namespace SafeDeploy.Integrations.Hosts.GitLab;

/// <summary>The CI/CD component and the page of its project, made from <see cref="HostModel"/>. Pure.</summary>
/// <remarks>
/// docs.gitlab.com/ci/components, docs.gitlab.com/ci/inputs. GitLab writes the inputs into the text before it is parsed. So a value
/// stands in a block scalar, where no character of it means anything, and may have no line end; an array arrives as JSON.
/// </remarks>
public static class GitLabComponent
{
    /// <summary>By name, the types that GitLab has.</summary>
    private const string Text = "string", Boolean = "boolean", Array = "array";

    private const string Head = "# Generated from HostModel; write it with: ACCEPT=1 ./build check\n";

    // RE2, as GitLab evaluates it.
    private const string OneLine = @"\A[^\r\n]*\z";
    private const string Word = @"\A[^'\r\n]+\z";

    // Of the jobs plan, deploy and recover.
    private static readonly string[] Verbs = ["plan", "run", "recover"];

    private sealed record Input(string Name, string Description, string Type, string Default)
    {
        public ImmutableArray<string> Options { get; init; } = [];

        public string Regex { get; init; } = "";
    }

    /// <summary>What only a GitLab job has.</summary>
    private static ImmutableArray<Input> Own(string version) =>
    [
        new("job-prefix", "Before the names of the three jobs: plan, deploy, recover.", Text, "'safe-deploy-'") { Regex = Word },
        new("plan-stage", "The stage of the plan job.", Text, "'test'") { Regex = Word },
        new("deploy-stage", "The stage of the deploy job.", Text, "'deploy'") { Regex = Word },
        new("recover-stage", "The stage of the recover job; it needs the deploy job alone.", Text, "'.post'") { Regex = Word },
        new("plan-rules", "When there is a plan job. On the default branch too: GitLab compares a merge request's findings with those there.", Array,
            "[ { if: '$CI_PIPELINE_SOURCE == \"merge_request_event\"' }, { if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH' } ]"),
        new("deploy-rules", "When there is a deploy job, and a recover job after it.", Array, "[ { if: '$CI_COMMIT_TAG' } ]"),
        new("gitlab-environment", "The environment that GitLab shows, whose variables the jobs see, and on which one deploy job runs at a time.", Text, "'production'") { Regex = Word },
        new("runner-tags", "Tags of a runner that reaches the database and the engine.", Array, "[]"),
        new("program-image", "The image of the jobs; ignored by the shell executor.", Text, $"'ghcr.io/safe-deploy/migrate:v{version}'") { Regex = Word },
        new("program", "The program in that image, or on the machine of a shell executor.", Text, "'/opt/safe-deploy/safe-deploy'") { Regex = OneLine },
        new("timeout", "Of the deploy job, hook included.", Text, "'1h'") { Regex = Word },
        new("script-timeout", "Of the deploy job without the hook; what is left of timeout is the hook's.", Text, "'50m'") { Regex = Word },
        new("hook-timeout", "Of the hook; more than rollback-within.", Text, "'8m'") { Regex = Word },
    ];

    /// <summary>The model's inputs that the three jobs have, in its order.</summary>
    private static IEnumerable<HostInput> Shared => HostModel.InputsOn(CiHosts.GitLab).Where(i => i.IsOf("plan") || i.IsOf("run"));

    private static ImmutableArray<Input> All(string version) => [.. Shared.Select(Of), .. Own(version)];

    private static Input Of(HostInput input)
    {
        var description = input.DescriptionOn(CiHosts.GitLab);
        var isBoolean = input.Kind == InputKind.Flag || input.Words is ["true", "false"];
        return input.Kind == InputKind.Lines ? new Input(input.Name, description.Replace(", one a line,", ",", StringComparison.Ordinal), Array, "[]")
            : isBoolean ? new Input(input.Name, description, Boolean, "false")
            : new Input(input.Name, description, Text, Quoted(input.Default)) { Options = input.Words, Regex = input.Words.IsEmpty ? OneLine : "" };
    }

    /// <summary><c>templates/migrate/template.yml</c>.</summary>
    /// <param name="version">Of the program, e.g. <c>1.2.0</c>: the image that the jobs run in.</param>
    public static string Template(string version)
    {
        var text = new StringBuilder(Head).Append("spec:\n  inputs:\n");
        foreach (var input in All(version))
        {
            text.Append($"    {input.Name}:\n      description: {Quoted(input.Description)}\n      type: {input.Type}\n      default: {input.Default}\n");
            if (!input.Options.IsEmpty)
                text.Append($"      options: [ {string.Join(", ", input.Options.Select(Quoted))} ]\n");
            if (input.Regex.Length > 0)
                text.Append($"      regex: {Quoted(input.Regex)}\n");
        }

        text.Append("---\n");
        Plan(text);
        Deploy(text);
        Recover(text);
        return text.ToString();
    }

    private static void Plan(StringBuilder text)
    {
        Job(text, "plan", "plan-stage", "plan-rules");
        text.Append("  interruptible: true\n");
        Variables(text, "plan");
        text.Append(
            $"""
              script:
                - '"$SAFE_DEPLOY_PROGRAM" action plan --host gitlab'
              artifacts:
                when: always
                expire_in: 30 days
                expose_as: safe-deploy plan
                paths: [ {GitLabFiles.Folder}/ ]
                reports:
                  codequality: {GitLabFiles.CodeQuality}
                  dotenv: {GitLabFiles.Outputs}


            """);
    }

    private static void Deploy(StringBuilder text)
    {
        Job(text, "deploy", "deploy-stage", "deploy-rules");
        text.Append(
            """
              # A newer pipeline does not cancel it, and a second one waits for it.
              interruptible: false
              resource_group: '$[[ inputs.gitlab-environment ]]'
              environment: { name: '$[[ inputs.gitlab-environment ]]' }
              timeout: '$[[ inputs.timeout ]]'

            """);
        Variables(
            text, "run", ("RUNNER_SCRIPT_TIMEOUT", "$[[ inputs.script-timeout ]]"), ("RUNNER_AFTER_SCRIPT_TIMEOUT", "$[[ inputs.hook-timeout ]]"),
            // A hook that needs a person must not end green where the script did.
            ("AFTER_SCRIPT_IGNORE_ERRORS", "false"));
        text.Append(
            """
              script:
                - '"$SAFE_DEPLOY_PROGRAM" action run --host gitlab'
              # The hook: takes this deployment back when the script failed, ran out of time or was cancelled before the commit point.
              after_script:
                - '"$SAFE_DEPLOY_PROGRAM" action run --post --host gitlab'

            """);
        Artifacts(text);
    }

    private static void Recover(StringBuilder text)
    {
        Job(text, "recover", "recover-stage", "deploy-rules");
        text.Append(
            """
              # For what no hook survives: a runner that died, a hook that ran out of time.
              when: on_failure
              needs: [ { job: '$[[ inputs.job-prefix ]]deploy', artifacts: false } ]
              interruptible: false
              resource_group: '$[[ inputs.gitlab-environment ]]'
              environment: { name: '$[[ inputs.gitlab-environment ]]', action: access }

            """);
        Variables(text, "recover", (GitLabInputs.Variable("own-run"), "true"));
        text.Append("  script:\n    - '\"$SAFE_DEPLOY_PROGRAM\" action recover --host gitlab'\n");
        Artifacts(text);
    }

    private static void Job(StringBuilder text, string name, string stage, string rules) => text.Append(
        $"""
        '$[[ inputs.job-prefix ]]{name}':
          stage: '$[[ inputs.{stage} ]]'
          # The program is the image's entrypoint; a job needs its shell.
          image: {'{'} name: '$[[ inputs.program-image ]]', entrypoint: [ "" ] {'}'}
          tags: $[[ inputs.runner-tags ]]
          rules: $[[ inputs.{rules} ]]

        """);

    private static void Variables(StringBuilder text, string verb, params (string Name, string Value)[] more)
    {
        text.Append("  variables:\n");
        Variable(text, "SAFE_DEPLOY_PROGRAM", "$[[ inputs.program ]]");
        foreach (var input in Shared.Where(i => i.IsOf(verb)))
            Variable(text, GitLabInputs.Variable(input.Name), $"$[[ inputs.{input.Name} ]]");
        foreach (var (name, value) in more)
            Variable(text, name, value);
    }

    // With its indentation stated, for what is empty or begins with blanks.
    private static void Variable(StringBuilder text, string name, string value) => text.Append($"    {name}: |2-\n      {value}\n");

    private static void Artifacts(StringBuilder text) => text.Append(
        $"""
          artifacts:
            when: always
            expire_in: 30 days
            paths: [ {GitLabFiles.Folder}/ ]
            reports:
              dotenv: {GitLabFiles.Outputs}


        """);

    /// <summary>The page of the component's own project.</summary>
    public static string Readme(string version)
    {
        var text = new StringBuilder(Introduction);
        text.Append("\n## Inputs\n\n| input | type | default | jobs | meaning |\n|---|---|---|---|---|\n");
        foreach (var input in All(version))
            text.Append($"| `{input.Name}` | {input.Type} | {Shown(input.Default)} | {JobsOf(input.Name)} | {input.Description} |\n");
        text.Append("\n## Results\n\nVariables for the jobs that need the deploy job (`needs:` or a later stage).\n\n| variable | meaning |\n|---|---|\n");
        foreach (var output in HostModel.Outputs)
            text.Append($"| `{GitLabFiles.VariableOf(output.Name)}` | {output.Description} |\n");
        return text.ToString();
    }

    private const string Introduction =
        """
        # safe-deploy for GitLab

        <!-- Generated from HostModel; write it with: ACCEPT=1 ./build check -->

        A release of a multi-tenant backend as one recorded, reversible thing. This project holds one component; the program, and how all of it
        works, is at [safe-deploy/migrate](https://github.com/safe-deploy/migrate).

        ```yaml
        include:
          - component: $CI_SERVER_FQDN/safe-deploy/migrate/migrate@1
            inputs:
              environment: prod
              release: $CI_COMMIT_TAG
              runner-tags: [ production ]
        ```

        | job | what it does |
        |---|---|
        | `safe-deploy-plan` | says what the migrations lock, rewrite, break or destroy, and the way back in advance: a note at the merge request, a Code Quality report, an artifact |
        | `safe-deploy-deploy` | preflight, backup, migrations, image, health; its `after_script` takes it back when the job fails, runs out of time or is cancelled |
        | `safe-deploy-recover` | only after a deploy job that failed: ends what neither it nor its hook could, if it is this pipeline's |

        It needs GitLab and GitLab Runner 17.1 or newer, `DATABASE_URL` as a masked variable of the environment, and for notes and issues a project
        access token (role Reporter, scope `api`) as the masked variable `SAFE_DEPLOY_GITLAB_TOKEN`. A `$` in an input is a CI/CD variable.

        """;

    private static string JobsOf(string input)
    {
        var verbs = Shared.FirstOrDefault(i => i.Name == input) is { } shared ? Verbs.Where(shared.IsOf) : [];
        return string.Join(", ", verbs.Select(v => v == "run" ? "deploy" : v));
    }

    private static string Shown(string standard) => standard == "''" ? "" : $"`{standard.Trim('\'').Replace("''", "'", StringComparison.Ordinal)}`";

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
