using System.Collections.Immutable;
using System.Text.RegularExpressions;
using SafeDeploy.Cli;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.Tests.Hosts;

/// <summary>A step of the action inside this process: what it prints, and the files that it hands to the runner.</summary>
public sealed partial class ActionRunTests : IDisposable
{
    private const string Secret = "sesame/of+the=password";

    // What somebody would write who wants to be obeyed: in a comment, a name, a literal.
    private const string Hostile = """
        -- ::set-output name=result::mine
        create index "::error::mine|`<b>@acme/owners" on item (code); -- ##[error]mine
        update item set code = '
        ::error::mine
        ';

        """;

    private readonly string _workspace = Directory.CreateTempSubdirectory("sd-action-").FullName;

    public void Dispose() => Directory.Delete(_workspace, recursive: true);

    [Fact]
    public async Task A_database_on_localhost_is_told_apart_from_the_service_that_is_meant()
    {
        var (step, _) = await PlanAsync("select 1;\n", "localhost");
        var hint = Assert.Single(step.Annotations, a => a.Title == "database.url");
        Assert.Contains("names localhost: inside a container action that is the action itself. The host of a service is its id, for example postgres", hint.Message, StringComparison.Ordinal);
        Assert.DoesNotContain((await PlanAsync("select 1;\n", "postgres")).Step.Annotations, a => a.Title == "database.url");
    }

    [Fact]
    public async Task Every_form_of_a_secret_is_masked_before_the_first_line_and_in_no_line_after()
    {
        var (_, lines) = await PlanAsync($"select '{Secret}';\n", "postgres");
        var masks = lines.TakeWhile(l => l.StartsWith("::", StringComparison.Ordinal)).Where(l => l.StartsWith("::add-mask::", StringComparison.Ordinal)).ToArray();
        Assert.Contains($"::add-mask::{Secret}", masks);
        Assert.Contains($"::add-mask::{Uri.EscapeDataString(Secret).Replace("%", "%25", StringComparison.Ordinal)}", masks);
        Assert.DoesNotContain(lines.Skip(masks.Length), l => l.Contains(Secret, StringComparison.Ordinal));
        Assert.DoesNotContain(Secret, File.ReadAllText(PathOf("summary")) + File.ReadAllText(PathOf("output")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_of_the_change_is_shown_and_obeyed_by_nobody()
    {
        var (step, _) = await PlanAsync(Hostile, "postgres");
        Assert.NotEmpty(step.Annotations);
        Assert.All(step.Annotations, a => Assert.NotEqual("mine", a.Message));
        Assert.Empty(step.Outputs);
        Assert.DoesNotContain("mine", FileCommands.KeyValues(await File.ReadAllTextAsync(PathOf("output"))).Single(o => o.Name == "result").Value, StringComparison.Ordinal);
        // Inside code, GitHub shows what stands there; outside of it nothing may act.
        var outside = Code().Replace(await File.ReadAllTextAsync(PathOf("summary")), "");
        Assert.DoesNotContain("<b>", outside, StringComparison.Ordinal);
        Assert.DoesNotContain("@acme", outside, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;", outside, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_are_judged_without_the_secrets_of_the_configuration_and_by_its_risk_settings()
    {
        const string protects = "risk: { protected_tables: [ Ledger ] }\nenvironments: { prod: { risk: { protected_tables: [ Ledger ] }, health: { within: \"${NOT_SET}\" } } }\n";
        var (step, _) = await PlanAsync("drop table \"Ledger\";\n", host: null, protects);
        Assert.Contains(step.Annotations, a => a.Title.Contains("protected-table", StringComparison.Ordinal));
        File.Delete(PathOf("safe-deploy.yml"));
        var (bare, lines) = await CallAsync(ImmutableDictionary<string, string>.Empty.Add("INPUT_CONFIG", "safe-deploy.yml"));
        Assert.DoesNotContain(bare.Annotations, a => a.Title.Contains("protected-table", StringComparison.Ordinal));
        Assert.True(bare.Annotations.Any(a => a.File == "one.sql"), string.Join('\n', lines));
    }

    [GeneratedRegex(@"(?<!\\)(`+)(?!`).+?(?<!`)\1(?!`)", RegexOptions.Singleline)]
    private static partial Regex Code();

    private string PathOf(string name) => Path.Combine(_workspace, name);

    /// <summary><c>step: plan</c> over one file, read as the runner reads it.</summary>
    private async Task<(StdoutCommands Step, string[] Lines)> PlanAsync(string sql, string? host, string more = "")
    {
        await File.WriteAllTextAsync(PathOf("safe-deploy.yml"), $"version: 1\nproject: pos\ndatabase: {{ url: \"${{DATABASE_URL}}\" }}\nmigrations:\n  public: {{ engine: sql, path: db }}\n{more}");
        await File.WriteAllTextAsync(PathOf("one.sql"), sql);
        var url = ImmutableDictionary<string, string>.Empty.Add("INPUT_CONFIG", "safe-deploy.yml");
        return await CallAsync(host is null ? url : url.Add("DATABASE_URL", $"postgres://app:{Uri.EscapeDataString(Secret)}@{host}:5432/pos"));
    }

    private async Task<(StdoutCommands Step, string[] Lines)> CallAsync(ImmutableDictionary<string, string> besides)
    {
        foreach (var file in (string[])["output", "state", "summary"])
            await File.WriteAllTextAsync(PathOf(file), "");
        var output = new StringWriter();
        var variables = new Dictionary<string, string>
        {
            ["GITHUB_WORKSPACE"] = _workspace,
            ["GITHUB_OUTPUT"] = PathOf("output"),
            ["GITHUB_STATE"] = PathOf("state"),
            ["GITHUB_STEP_SUMMARY"] = PathOf("summary"),
            ["INPUT_FILES"] = "one.sql",
        }.ToImmutableDictionary().AddRange(besides);
        await FrontDoor.RunAsync(["action", "plan"], new Invocation(variables, _workspace, "user", "machine", 1, output, TextWriter.Null, false));
        var lines = output.ToString().Split('\n');
        var step = new StdoutCommands(new Masker(), _workspace);
        foreach (var line in lines)
            step.Read(line);
        return (step, lines);
    }
}
