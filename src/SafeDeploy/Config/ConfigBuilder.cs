using SafeDeploy.Migrations;

namespace SafeDeploy.Config;

/// <summary>Makes the typed records from values that fit the schema. Reports nothing: what could be wrong was found before.</summary>
internal static class ConfigBuilder
{
    public static DeployConfig Build(SectionValue root, string environment) => new(
        root.Get<string>("project"),
        environment,
        root.Get<SectionValue>("database").Get<DatabaseSettings>("url"),
        root.Section("tenants") is { } tenants ? Tenants(tenants) : null,
        Migrations(root.Get<SectionValue>("migrations")),
        Risk(root.Get<SectionValue>("risk")),
        root.Section("backup") is { } backup ? Backup(backup) : null,
        root.Section("deploy") is { } deploy ? DeployBuilder.Deploy(deploy) : null,
        root.Section("health") is { } health ? Health(health) : null,
        Rollback(root.Get<SectionValue>("rollback")))
    {
        Preflight = root.Section("preflight") is { } preflight
            ? new PreflightSettings(preflight.MaybeValue<ByteSize>("free_memory"), preflight.MaybeValue<int>("load"), preflight.MaybeValue<int>("active_queries"))
            : PreflightSettings.None,
    };

    private static TenantsSettings Tenants(SectionValue tenants) => new(
        tenants.Maybe<string>("query") is { } query
            ? new TenantsSource.Query(query)
            : new TenantsSource.Schemas(tenants.List<string>("schemas")),
        tenants.List<string>("exclude"),
        tenants.List<TenantSchema>("canaries"),
        tenants.List<string>("shared"));

    private static MigrationsSettings Migrations(SectionValue migrations) => new(
        migrations.Section("public") is { } shared ? Engine(shared) : null,
        migrations.Section("tenants") is { } tenants ? Engine(tenants) : null,
        migrations.Get<TimeSpan>("lock_timeout"),
        migrations.Get<TimeSpan>("statement_timeout"),
        migrations.Get<Parallelism>("parallel"),
        migrations.List<WaveSize>("waves"),
        migrations.Get<int>("retries"));

    private static MigrationEngineSettings Engine(SectionValue engine) => engine.Get<string>("engine") switch
    {
        "sql" => new MigrationEngineSettings.SqlFiles(engine.Get<string>("path"), engine.Maybe<string>("layout")),
        "command" => new MigrationEngineSettings.Command(
            engine.List<string>("forward"),
            engine.MaybeList<string>("rollback"),
            engine.List<string>("status"),
            engine.MaybeList<string>("sql")),
        var other => throw new InvalidOperationException($"no engine {other}"),
    };

    private static RiskSettings Risk(SectionValue risk) =>
        new(risk.Get<RiskThreshold>("fail_on"), risk.List<string>("protected_tables"), risk.Maybe<string>("statistics"))
        {
            ApprovalsFile = risk.Maybe<string>("approvals"),
        };

    private static BackupSettings Backup(SectionValue backup) => new(backup.Get<Uri>("store"), backup.Get<BackupVerification>("verify"))
    {
        Files = backup.List<string>("files"),
        Keep = backup.Section("keep") is { } keep ? new BackupKeep(keep.Get<int>("days"), keep.Get<int>("at_least")) : BackupKeep.Default,
        OnSameDisk = backup.Get<bool>("same_disk"),
        Require = backup.Section("require") is { } require
            ? new BackupRequirements(require.MaybeValue<TimeSpan>("recent"), require.MaybeValue<TimeSpan>("restored"))
            : BackupRequirements.None,
        Client = backup.Maybe<string>("client"),
        Scratch = backup.Maybe<DatabaseSettings>("scratch"),
        S3 = backup.Section("s3") is { } s3
            ? new S3Settings(s3.Maybe<Uri>("endpoint"), s3.Maybe<string>("region"), s3.Get<bool>("path_style"), s3.Maybe<Secret>("access_key"), s3.Maybe<Secret>("secret_key"))
            : null,
        Command = backup.Section("command") is { } command
            ? new StoreCommands(command.List<string>("put"), command.List<string>("get"), command.List<string>("list"), command.List<string>("delete"))
            : null,
    };

    private static HealthSettings Health(SectionValue health) => new(
        health.Maybe<Uri>("url"),
        health.Maybe<string>("liveness"),
        health.Maybe<string>("readiness"),
        health.Maybe<string>("version_header") is { } header ? new VersionProof.Header(header)
            : health.Maybe<string>("version_path") is { } path ? new VersionProof.Body(path) : null,
        health.Get<TimeSpan>("within"),
        health.Get<TimeSpan>("soak"),
        health.Get<TimeSpan>("interval"),
        health.Get<InconclusivePolicy>("on_inconclusive"),
        [.. health.Sections("gates").Select(Gate)]);

    private static GateSettings Gate(SectionValue gate)
    {
        var name = gate.Get<string>("name");
        if (gate.Section("http") is { } http)
            return Http(name, http);
        if (gate.Section("sql") is { } sql)
            return new GateSettings.Sql(name, sql.Get<bool>("critical"), sql.Get<string>("query"), sql.Get<ScopeKind>("scope"));
        if (gate.Section("rls") is { } rls)
            return new GateSettings.Rls(name, rls.Get<bool>("critical"), rls.List<string>("tables"));
        var command = gate.Get<SectionValue>("command");
        return new GateSettings.Command(
            name, command.Get<bool>("critical"), command.List<string>("run"), command.Get<TimeSpan>("within"));
    }

    private static GateSettings.Http Http(string name, SectionValue http) => new(
        name,
        http.Get<bool>("critical"),
        http.Get<string>("path"),
        http.MaybeValue<int>("status"),
        http.Maybe<string>("body"),
        http.Maybe<LatencyLimit>("p95"),
        http.Get<Percentage>("errors"),
        http.Get<int>("samples"));

    private static RollbackSettings Rollback(SectionValue rollback) => new(
        rollback.Get<bool>("automatic"),
        rollback.Get<RollbackDatabase>("database"),
        [.. rollback.Sections("forbid_when").Select(Forbid)])
    {
        Window = rollback.Get<TimeSpan>("window"),
    };

    private static ForbidRule Forbid(SectionValue rule) => new(
        rule.Get<string>("sql"), rule.Get<ScopeKind>("scope"), rule.Get<Forbids>("forbids"), rule.Get<string>("because"));
}
