using static SafeDeploy.Config.Keys;

namespace SafeDeploy.Config;

/// <summary>Every key of <c>safe-deploy.yml</c>, as data: the reader, docs/config.md and the editors' schema come from here.</summary>
internal static class ConfigSchema
{
    public static readonly SectionShape Tenants = new(
    [
        Key("query", ScalarTypes.Query, "Gives one column, the tenants' schema names, in the order in which they are migrated."),
        List("schemas", ScalarTypes.SchemaPattern, "Schema names or patterns; `*` stands for any text. Instead of `query`.", least: 1),
        List("exclude", ScalarTypes.SchemaPattern, "Names or patterns that are never tenants, whatever the source says."),
        List("canaries", ScalarTypes.Tenant, "Tenants that are migrated first; a failure there stops before all others."),
        List("shared", ScalarTypes.Table, "Tables outside the tenant's schema that a tenant migration may lock or write."),
    ],
    [new KeyGroup(["query", "schemas"], NeedsOne: true)]);

    public static readonly SectionShape Engine = new(
    [
        Key("engine", ScalarTypes.Choice(("sql", "sql"), ("command", "command")),
            "Who knows the migrations: a folder of SQL files, or another program.") with
        { Default = ["sql"], NotBuilt = ["django", "ef"] },
        Key("path", PlaceTypes.File, "The folder of SQL files.") with
        { OnlyWith = new("engine", "sql"), RequiredWith = new("engine", "sql") },
        Key("layout", ScalarTypes.Choice(
            ("golang-migrate", "golang-migrate"), ("flyway", "flyway"), ("diesel", "diesel"), ("dbmate", "dbmate"),
            ("goose", "goose"), ("prisma", "prisma")),
            "How the files are named; detected where not stated.") with
        { OnlyWith = new("engine", "sql") },
        Arguments("forward", "Applies what is pending to the scope named in its environment.", "engine", "command", required: true),
        Arguments("rollback", "Takes the scope back to the version named in its environment; without it there is no way back.", "engine", "command"),
        Arguments("status", "Prints the applied and pending versions of the scope.", "engine", "command", required: true),
        Arguments("sql", "Prints the SQL of what is pending, for the risk analysis.", "engine", "command"),
    ],
    []);

    public static readonly SectionShape Migrations = new(
    [
        Section("public", Engine, "The migrations of the shared schema `public`."),
        Section("tenants", Engine, "The migrations of every tenant schema."),
        Key("lock_timeout", ScalarTypes.Duration(TimeSpan.FromMilliseconds(1)), "How long one statement waits for a lock before it gives up and is tried again.") with { Default = ["3s"] },
        Key("statement_timeout", ScalarTypes.Duration(TimeSpan.FromMilliseconds(1)), "How long one statement may run.") with { Default = ["15m"] },
        Key("parallel", ScalarTypes.Parallel, "How many tenants are migrated at once; `auto` looks at the server and says why, 1 is one after the other.") with { Default = ["auto"] },
        List("waves", ScalarTypes.Wave, "Groups of tenants, in order; a failed wave stops the next. A percentage counts the tenants of earlier waves; the last is 100%.", least: 1) with
        { Default = ["canaries", "5%", "100%"] },
        Key("retries", ScalarTypes.Whole(0, 100), "How often one tenant is tried again after a lock, deadlock, serialization failure or lost connection.") with { Default = ["6"] },
    ],
    []);

    public static readonly SectionShape Risk = new(
    [
        Key("fail_on", ScalarTypes.Choice(
            ("info", RiskThreshold.Info), ("low", RiskThreshold.Low), ("medium", RiskThreshold.Medium), ("high", RiskThreshold.High),
            ("critical", RiskThreshold.Critical), ("never", RiskThreshold.Never)),
            "The lowest severity of a finding that refuses the deployment; `never` only reports.") with
        { Default = ["high"] },
        List("protected_tables", ScalarTypes.Text, "Tables whose change or loss is always critical; with or without schema."),
        Key("approvals", PlaceTypes.File, "Who answers for which change of a protected table's integrity rules, one line each: `TABLE FILE sha256:HEX by=\"…\" because=\"…\" until=2027-01-31`."),
        Key("statistics", PlaceTypes.File, "Structure and sizes that `plan --export-statistics` wrote; used where no database is asked, as in a pull request."),
    ],
    []);

    public static readonly SectionShape Preflight = new(
    [
        Key("free_memory", ScalarTypes.Size, "Memory that has to be available on the machine this runs on; absent: only said."),
        Key("load", ScalarTypes.Whole(1, 10_000), "The one-minute load of the machine this runs on, at most, in percent of its processors: 100 is one busy task for each; absent: only said."),
        Key("active_queries", ScalarTypes.Whole(1, 100_000), "How many queries may run on the database server; absent: only said."),
    ],
    []);

    public static readonly SectionShape Forbid = new(
    [
        Key("sql", ScalarTypes.Query, "Gives one row with one boolean; true forbids. `:deployment_started` is the deployment's start.") with { Required = true },
        Scope("Where it is asked; in `tenants`, one true among all tenants is enough."),
        Key("forbids", ScalarTypes.Choice(("database", Forbids.Database), ("everything", Forbids.Everything)),
            "What may then not go back: the schema, or the image too.") with
        { Default = ["database"] },
        Key("because", ScalarTypes.Text, "The reason; it is quoted in the decision.") with { Required = true },
    ],
    []);

    public static readonly SectionShape Rollback = new(
    [
        Key("automatic", ScalarTypes.YesNo, "Whether a failure is rolled back at once; else it stops and a person decides.") with { Default = ["true"] },
        Key("database", ScalarTypes.Choice(
            ("auto", RollbackDatabase.Auto), ("keep", RollbackDatabase.Keep), ("reverse", RollbackDatabase.Reverse), ("never", RollbackDatabase.Never)),
            "What may happen to the schema on the way back. A backup is never restored automatically.") with
        { Default = ["auto"] },
        Key("window", ScalarTypes.Duration(TimeSpan.Zero), "How long after its verification a release may still be taken back; a contract migration that names it (`after=VERSION`) waits for the end.") with
        { Default = ["24h"] },
        new ConfigField("forbid_when", new FieldShape.Sections(Forbid), "Facts that rule a way back out."),
    ],
    []);

    public static readonly SectionShape Root = new(
    [
        Key("version", ScalarTypes.Whole(1, 1), "The version of this file's format.") with { Required = true },
        Key("project", PlaceTypes.Project, "Names the project in the ledger, in reports and on containers.") with { Required = true },
        Section("database", new SectionShape(
            [
                Key("url", ScalarTypes.Database, "The database to migrate, through a direct connection (no pooler).") with
                { Required = true, NotBuilt = ["mysql://", "mariadb://", "sqlite://", "sqlserver://"] },
            ],
            []), "The server.") with
        { Required = true },
        Section("tenants", Tenants, "Which schemas are tenants. Absent: the database has none."),
        Section("migrations", Migrations, "The migrations and how they are run.") with { Assumed = true },
        Section("preflight", Preflight, "What has to be free before a deployment starts, beside what it cannot do without."),
        Section("risk", Risk, "When the analysis of the migrations refuses.") with { Assumed = true },
        Section("backup", BackupSchema.Backup, "The backup taken before anything changes. Absent: none is taken."),
        Section("deploy", DeploySchema.Deploy, "What is made to serve, and where. Absent: migrations only."),
        Section("health", HealthSchema.Health, "How the release proves itself. Absent: the deployment ends with its last configured step."),
        Section("rollback", Rollback, "What may be undone, and when.") with { Assumed = true },
        new ConfigField("notify", new FieldShape.Sections(new SectionShape([], [])), "Who is told.") { IsBuilt = false },
        new ConfigField("freeze", new FieldShape.Sections(new SectionShape([], [])), "When nothing is deployed.") { IsBuilt = false },
        new ConfigField("environments", new FieldShape.Overlays(), "What differs by environment."),
    ],
    []);

    /// <summary>What one environment may say: all but what is deployed and how the file is read.</summary>
    public static readonly SectionShape Overlay = Root with
    {
        Fields = [.. Root.Fields.Where(f => f.Name is not ("version" or "project" or "environments"))],
    };
}
