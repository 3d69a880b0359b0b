using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Tests.Architecture;

namespace SafeDeploy.Tests.Config;

public sealed class ConfigReaderTests
{
    private static readonly Dictionary<string, string> SampleVariables = new()
    {
        ["VERSION"] = "v1",
        ["DATABASE_URL"] = "postgres://owner:pa%3Ass@127.0.0.1:5432/pos",
        ["APP_DATABASE_URL"] = "postgres://app:other@127.0.0.1:5432/pos",
        ["POSTGRES_SOCKET"] = "/run/postgresql",
        ["BACKUPS"] = "/srv/backups",
    };

    private static string FullExample => Repository.Read("tests/SafeDeploy.Tests/Config/full-example.yml");

    [Theory]
    [InlineData("safe-deploy.yml")]
    [InlineData("safe-deploy.process.yml")]
    public void The_samples_own_configurations_are_read(string name)
    {
        var config = Yml.Config(Yml.Read(Repository.Read($"tests/samples/sql-files/{name}"), variables: SampleVariables));
        Assert.Equal("point-of-sale", config.Project);
        Assert.Equal("v1", config.Deploy!.Version);
        Assert.Equal("postgres://owner@127.0.0.1:5432/pos", config.Database.Display);
        Assert.Equal(3, config.Health!.Gates.Length);
    }

    [Fact]
    public void Every_section_of_the_full_example_becomes_its_record()
    {
        var config = Yml.Config(Yml.Read(FullExample, variables: SampleVariables));
        Assert.Equal("default", config.EnvironmentName);
        Assert.Equal("tenant_demo", Assert.Single(config.Tenants!.Canaries).Value);
        Assert.Equal(new MigrationEngineSettings.SqlFiles("db/tenant", null), config.Migrations.Tenants);
        Assert.Equal([new WaveSize.Canaries(), new WaveSize.UpTo(new Percentage(5)), new WaveSize.UpTo(new Percentage(100))], config.Migrations.Waves.ToArray());
        Assert.Equal("/srv/backups/getstart-pdv", config.Backup!.Store.LocalPath);
        Assert.Equal("ghcr.io/acme/backend:v1", config.Deploy!.Image);
        var docker = Assert.IsType<DeployTargetSettings.Docker>(config.Deploy.Target).Settings;
        Assert.Equal(new FrontSettings.Managed(new ListenAddress("0.0.0.0", 8080), "haproxy:2.8-alpine"), docker.Front);
        Assert.Equal(["celery", "-A", "app", "worker"], Assert.Single(docker.Workers).Command.ToArray());
        Assert.Equal(new VersionProof.Header("X-App-Version"), config.Health!.Version);
        Assert.Equal(
            new GateSettings.Http("latency", true, "/", null, null, new LatencyLimit.Baseline(1.5m), new Percentage(1), 20), config.Health.Gates[0]);
        Assert.Equal(ScopeKind.Tenants, Assert.IsType<GateSettings.Sql>(config.Health.Gates[2]).Scope);
        Assert.Equal(Forbids.Database, Assert.Single(config.Rollback.ForbidWhen).Forbids);
    }

    [Fact]
    public void What_is_not_written_has_its_documented_default()
    {
        var config = Yml.Config(Yml.Read(Yml.Head));
        Assert.Null(config.Tenants);
        Assert.Null(config.Backup);
        Assert.Null(config.Deploy);
        Assert.Null(config.Health);
        Assert.Equal(TimeSpan.FromSeconds(3), config.Migrations.LockTimeout);
        Assert.Equal(TimeSpan.FromMinutes(15), config.Migrations.StatementTimeout);
        Assert.Equal(new Parallelism.Auto(), config.Migrations.Parallel);
        Assert.Equal(RiskThreshold.High, config.Risk.FailOn);
        Assert.True(config.Rollback.Automatic);
        Assert.Equal(RollbackDatabase.Auto, config.Rollback.Database);
    }

    [Fact]
    public void Every_value_remembers_where_it_was_written()
    {
        var config = Yml.Config(Yml.Read(FullExample, "prod", SampleVariables, new ConfigInput("--image", "deploy.image", "acme/backend:v9")));
        Assert.EndsWith("safe-deploy.yml:12:17", config.MarkOf("migrations.lock_timeout").ToString(), StringComparison.Ordinal);
        Assert.EndsWith("safe-deploy.yml:4:8 (environment DATABASE_URL)", config.MarkOf("database.url").ToString(), StringComparison.Ordinal);
        Assert.EndsWith("safe-deploy.yml:54:27", config.MarkOf("health.soak").ToString(), StringComparison.Ordinal);
        Assert.EndsWith("safe-deploy.yml:45:15", config.MarkOf("health.gates[1].name").ToString(), StringComparison.Ordinal);
        Assert.Equal("input --image", config.MarkOf("deploy.image").ToString());
        Assert.Equal("default", config.MarkOf("health.interval").ToString());
        Assert.Equal("v9", config.Deploy!.Version);
    }

    [Fact]
    public void An_environment_is_merged_over_the_rest_by_name()
    {
        var prod = Yml.Config(Yml.Read(FullExample, "prod", SampleVariables));
        Assert.Equal("prod", prod.EnvironmentName);
        Assert.Equal(TimeSpan.FromMinutes(30), prod.Health!.Soak);
        Assert.Equal("/health/readiness", prod.Health.Readiness);
        Assert.Equal(4, prod.Health.Gates.Length);
    }

    [Fact]
    public void In_an_environment_a_list_is_replaced_and_null_takes_a_key_away()
    {
        var text = FullExample.Replace("deploy: { target: none }", "deploy: { target: none }\n    health: { url: http://localhost:8000 }", StringComparison.Ordinal);
        var dev = Yml.Config(Yml.Read(text, "dev", SampleVariables));
        Assert.Null(dev.Backup);
        Assert.Equal([new WaveSize.UpTo(new Percentage(100))], dev.Migrations.Waves.ToArray());
        Assert.IsType<DeployTargetSettings.None>(dev.Deploy!.Target);
    }

    [Fact]
    public void An_environment_may_be_named_where_none_is_configured() =>
        Assert.Equal("prod", Yml.Config(Yml.Read(Yml.Head, "prod")).EnvironmentName);

    [Fact]
    public void An_environment_may_differ_in_nothing() =>
        Assert.Equal("dev", Yml.Config(Yml.Read(Yml.Head + "environments:\n  dev:\n", "dev")).EnvironmentName);

    [Fact]
    public void Variables_are_filled_with_defaults_and_escapes()
    {
        var config = Yml.Config(Yml.Read(
            Yml.Head + "risk: { protected_tables: [ '${TABLE}', '${NONE:-sale}', '${EMPTY:-a b}', 'a$${TABLE}b', 'x${TABLE}-${TABLE}', 'cost$5' ] }",
            variables: new Dictionary<string, string> { ["TABLE"] = "invoice", ["EMPTY"] = "" }));
        Assert.Equal(["invoice", "sale", "a b", "a${TABLE}b", "xinvoice-invoice", "cost$5"], config.Risk.ProtectedTables.ToArray());
    }

    [Fact]
    public void A_variables_text_never_becomes_structure()
    {
        var config = Yml.Config(Yml.Read(
            Yml.Head + "risk: { protected_tables: [ \"${TABLE}\" ] }",
            variables: new Dictionary<string, string> { ["TABLE"] = "a ]\nbackup: { store: \"file:///tmp\" }\n${HOME} # null" }));
        Assert.Null(config.Backup);
        Assert.Equal("a ]\nbackup: { store: \"file:///tmp\" }\n${HOME} # null", Assert.Single(config.Risk.ProtectedTables));
    }

    [Fact]
    public void Anchors_and_aliases_share_a_value()
    {
        var config = Yml.Config(Yml.Read(Yml.Head.Replace("db/public", "&folder db/public", StringComparison.Ordinal)
            + "risk: { protected_tables: [ *folder, *folder ] }"));
        Assert.Equal(["db/public", "db/public"], config.Risk.ProtectedTables.ToArray());
    }

    [Theory]
    [InlineData("ghcr.io/acme/app:v2", "v2")]
    [InlineData("localhost:5000/app", null)]
    [InlineData("localhost:5000/app:v3@sha256:0123", "v3")]
    [InlineData("app@sha256:0123", null)]
    public void The_release_is_called_as_the_images_tag(string image, string? version) =>
        Assert.Equal(version, Yml.Config(Yml.Read(Yml.Head + $"deploy: {{ target: none, image: '{image}' }}")).Deploy!.Version);

    [Fact]
    public void The_command_engine_is_read_as_argument_lists()
    {
        var config = Yml.Config(Yml.Read(
            Yml.Head.Replace("{ path: db/public }", "{ engine: command, forward: [ ./m, up ], status: [ ./m, status ] }", StringComparison.Ordinal)));
        var engine = Assert.IsType<MigrationEngineSettings.Command>(config.Migrations.Public);
        Assert.Equal(["./m", "up"], engine.Forward.ToArray());
        Assert.Null(engine.Rollback);
    }
}
