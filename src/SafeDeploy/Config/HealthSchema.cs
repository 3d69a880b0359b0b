using static SafeDeploy.Config.Keys;

namespace SafeDeploy.Config;

/// <summary>The keys under <c>health</c>.</summary>
internal static class HealthSchema
{
    private static readonly SectionShape Http = new(
    [
        Key("path", PlaceTypes.HttpPath, "What is asked for, through the front door.") with { Required = true },
        Key("status", ScalarTypes.Whole(100, 599), "The one status that passes; any from 200 to 399 where not written."),
        Key("body", ScalarTypes.Text, "Text that the answer must hold."),
        Key("p95", ScalarTypes.Latency, "Limit of the 95th percentile of latency: against the baseline taken before the deploy, or absolute."),
        Key("errors", ScalarTypes.Share, "The highest share of failed requests.") with { Default = ["0%"] },
        Key("samples", ScalarTypes.Whole(1, 10_000), "Requests a round; with fewer answers the verdict is inconclusive.") with { Default = ["20"] },
        Critical(),
    ],
    []);

    private static readonly SectionShape Sql = new(
    [
        Key("query", ScalarTypes.Query, "Gives one row with one boolean; true passes.") with { Required = true },
        Scope("Where it is asked; in `tenants`, it must pass in every tenant."),
        Critical(),
    ],
    []);

    private static readonly SectionShape Rls = new(
    [
        List("tables", ScalarTypes.Text, "Tables whose row level security must be as it was before.", least: 1) with { Required = true },
        Critical(),
    ],
    []);

    private static readonly SectionShape Command = new(
    [
        List("run", ScalarTypes.AnyText, "What is run, as a list: exit code 0 passes, 75 is inconclusive, any other fails.", least: 1) with { Required = true },
        Key("within", ScalarTypes.Duration(TimeSpan.FromSeconds(1)), "The longest time it may take.") with { Default = ["1m"] },
        Critical(),
    ],
    []);

    private static readonly SectionShape Gate = new(
    [
        Key("name", ScalarTypes.Text, "Names the gate in reports; each once.") with { Required = true },
        Section("http", Http, "Asks the service: status, body, latency, share of errors."),
        Section("sql", Sql, "Asks the database."),
        Section("rls", Rls, "Compares row level security with what it was before."),
        Section("command", Command, "Asks a program."),
    ],
    [new KeyGroup(["http", "sql", "rls", "command"], NeedsOne: true)]);

    public static readonly SectionShape Health = new(
    [
        Key("url", PlaceTypes.HttpUrl, "The front door as a user reaches it; with a managed front, the one that is listened on."),
        Key("liveness", PlaceTypes.HttpPath, "Answers 200 while the process lives."),
        Key("readiness", PlaceTypes.HttpPath, "Answers 200 once the release can serve."),
        Key("version_header", PlaceTypes.Header, "The header in which an answer names its release: proves that the new one answers."),
        Key("version_path", PlaceTypes.HttpPath, "Answers with the release's version. Instead of `version_header`."),
        Key("within", ScalarTypes.Duration(TimeSpan.FromSeconds(1)), "The time to become ready.") with { Default = ["2m"] },
        Key("soak", ScalarTypes.Duration(TimeSpan.Zero), "The time that all gates must hold after the switch.") with { Default = ["5m"] },
        Key("interval", ScalarTypes.Duration(TimeSpan.FromMilliseconds(100)), "Between two rounds of the gates.") with { Default = ["10s"] },
        Key("on_inconclusive", ScalarTypes.Choice(
            ("fail", InconclusivePolicy.Fail), ("hold", InconclusivePolicy.Hold), ("pass", InconclusivePolicy.Pass)),
            "What a verdict that is neither pass nor fail means.") with
        { Default = ["fail"] },
        new ConfigField("gates", new FieldShape.Sections(Gate), "The checks, each with a verdict."),
    ],
    [new KeyGroup(["version_header", "version_path"], NeedsOne: false)]);

    private static ConfigField Critical() =>
        Key("critical", ScalarTypes.YesNo, "Whether a failure fails the release; else it is only reported.") with { Default = ["true"] };
}
