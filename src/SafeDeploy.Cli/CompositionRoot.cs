using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Backups.PgDump;
using SafeDeploy.Integrations.BackupStores;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.DeployTargets;
using SafeDeploy.Integrations.DeployTargets.Docker;
using SafeDeploy.Integrations.DeployTargets.ReleaseDirectory;
using SafeDeploy.Integrations.DeployTargets.ShellCommand;
using SafeDeploy.Integrations.HealthGates;
using SafeDeploy.Integrations.HealthGates.Http;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.LedgerStores.Mirror;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Integrations.Machines;
using SafeDeploy.Integrations.Migrations.ShellCommand;
using SafeDeploy.Integrations.Migrations.SqlFiles;
using SafeDeploy.Integrations.Processes;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Pipeline;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Reporting;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Sql;
using SafeDeploy.Steps.VerifyHealth;

namespace SafeDeploy.Cli;

/// <summary>Configuration → everything that a verb works with. The only place where integrations meet.</summary>
public sealed class CompositionRoot
{
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromMinutes(2);

    // A program that migrates one scope may take as long as a pipeline's job; its statements are bounded by the server.
    private static readonly TimeSpan LongestCommand = TimeSpan.FromHours(1);

    private readonly DeployConfig _config;
    private readonly ConsoleStory _story;
    private readonly Redactor _redactor;
    private readonly Invocation _invocation;
    private readonly string _folder;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly List<IAsyncDisposable> _open = [];
    private readonly ISqlParser _parser = PgQueryParser.Load();
    private readonly ProcessRunner _commands;

    private CompositionRoot(DeployConfig config, ConsoleStory story, Redactor redactor, Invocation invocation, string folder)
    {
        (_config, _story, _redactor, _invocation, _folder) = (config, story, redactor, invocation, folder);
        _commands = new ProcessRunner(_clock);
    }

    /// <param name="folder">Where the configuration file lies; relative paths start there.</param>
    public static Composition Compose(DeployConfig config, ConsoleStory story, Redactor redactor, Invocation invocation, string folder) =>
        new CompositionRoot(config, story, redactor, invocation, folder).Compose();

    private Composition Compose()
    {
        var settings = PostgresUrl.Parse(_config.Database.Url.Reveal());
        var source = Opened(PostgresUrl.DataSource(settings, "safe-deploy/read"));
        var ledger = Opened(new PostgresLedgerStore(settings, PostgresLedgerOptions.Default with { Redactor = _redactor }, _clock));
        var display = PostgresUrl.Display(settings);
        var database = Opened(PostgresDatabase.Connect(settings, new PostgresTenantDirectory(source, display).ReadAsync, ReadTimeout));
        var target = Target();
        var front = Front(target);
        var gates = _config.Health is { } health
            ? new HealthGates(database, _config.Tenants, target, front, _commands, _folder, _clock).All(health)
            : [];
        var store = _config.Backup is { } kept ? BackupStoreFactory.Open(kept, new StoreContext(_folder, _invocation.Machine, LocalEngine, _clock, _commands)) : null;
        var backups = Backups(settings, store);
        var world = new World(
            _config, ledger, store is null ? null : new StoreMirror(store, _redactor), database, Engine(ScopeKind.Public, source, database), Engine(ScopeKind.Tenants, source, database), backups?.Backup, target,
            _parser, new ScriptEffects(_parser), gates, _story, _clock)
        {
            Machine = new LinuxMachine(Environment.ProcessorCount),
        };
        return Wire(world, front, new AdoptService(source, database, ledger), backups is { } both ? new ManualRestore(world, both.Restore) : null);
    }

    private Composition Wire(World world, AskFront? front, AdoptService adopt, ManualRestore? restore)
    {
        var judge = _config.Health is { } health ? new HealthJudge(health, world.Gates, world.Target, _clock) : null;
        var stages = new Stages(world, new SnapshotReader(world.Database, world.Target, _config.Health, front, _clock), judge, _story.Problem);
        Task<Problem?> IsWellAsync(string version, LedgerHistory history, CancellationToken cancellation) =>
            judge?.ServingIsWellAsync(version, history, null, cancellation) ?? Task.FromResult<Problem?>(null);
        var rollback = new RollbackRunner(
            world,
            new RollbackFactsReader(world, (slot, version, cancellation) => Proves(judge, slot, version, cancellation)),
            (slot, version, cancellation) => judge?.ReadyAsync(slot, version, cancellation) ?? Task.FromResult<Problem?>(null),
            IsWellAsync);
        var recovery = new Recovery(world, rollback, restore, IsWellAsync, _story.Problem);
        var hook = new RunHook(world, rollback, new FormerContainer(FormerContainer.LocalEngine, _invocation.Machine, _clock).StopAsync, _story.Problem);
        return new Composition(world, new DeployPipeline(world, stages, rollback), rollback, recovery, hook, adopt, new Doctor(world, front), _open) { Restore = restore };
    }

    private static Task<Problem?> Proves(HealthJudge? judge, string slot, string version, CancellationToken cancellation) =>
        judge?.NewIsWellAsync(slot, version, LedgerHistory.Empty, null, cancellation) ?? Task.FromResult<Problem?>(null);

    private IMigrationEngine? Engine(ScopeKind kind, NpgsqlDataSource source, PostgresDatabase database)
    {
        var limits = new MigrationLimits(_config.Migrations.LockTimeout, _config.Migrations.StatementTimeout, _config.Migrations.Retries);
        return (kind == ScopeKind.Public ? _config.Migrations.Public : _config.Migrations.Tenants) switch
        {
            MigrationEngineSettings.SqlFiles files => Opened(new SqlFilesEngine(
                new SqlFilesOptions(kind, _folder, files, limits, _config.Tenants?.Shared ?? []), source, _parser, _clock, Random.Shared)),
            MigrationEngineSettings.Command command => new CommandEngine(
                new CommandEngineOptions(kind, _folder, command, new CommandLimits(_config.Migrations.LockTimeout, _config.Migrations.StatementTimeout, LongestCommand), _config.Database.Url),
                _commands, cancellation => ScopesAsync(kind, database, cancellation), _story, _clock),
            _ => null,
        };
    }

    private async Task<ImmutableArray<Scope>> ScopesAsync(ScopeKind kind, PostgresDatabase database, CancellationToken cancellation) =>
        kind == ScopeKind.Public || _config.Tenants is null
            ? [new Scope.Public()]
            : [.. (await database.TenantsAsync(_config.Tenants, cancellation)).Tenants.Select(t => new Scope.Tenant(t))];

    private (PgDumpBackup Backup, PgDumpRestore Restore)? Backups(NpgsqlConnectionStringBuilder server, IBackupStore? store)
    {
        if (_config.Backup is not { } backup || store is null)
            return null;
        var options = new PgDumpOptions(_folder, backup.Files)
        {
            Bin = backup.Client ?? "",
            Scratch = backup.Scratch is { } scratch ? PostgresUrl.Parse(scratch.Url.Reveal()) : null,
        };
        return (Opened(new PgDumpBackup(server, store, _commands, _clock, options)), Opened(new PgDumpRestore(server, store, _commands, _clock, options)));
    }

    private Uri LocalEngine => _config.Deploy?.Target is DeployTargetSettings.Docker docker ? docker.Settings.Host : FormerContainer.LocalEngine;

    private IDeployTarget? Target()
    {
        var context = new TargetContext(_config.Project, _config.EnvironmentName, _folder, _invocation.Machine, _clock, _commands);
        return _config.Deploy?.Target switch
        {
            DeployTargetSettings.Docker docker => Opened(new DockerTarget(docker.Settings, context)),
            DeployTargetSettings.ReleaseDirectory folder => Opened(new ReleaseDirectoryTarget(folder.Settings, context)),
            DeployTargetSettings.Command command => Opened(new CommandTarget(command.Settings, context)),
            _ => null,
        };
    }

    /// <summary><c>health.url</c> where it is set, else the target's own front.</summary>
    private AskFront? Front(IDeployTarget? target)
    {
        if (_config.Health?.Url is { } url)
        {
            var front = new UrlFront(url, _clock);
            _open.Add(new Closing(front));
            return front.AskAsync;
        }

        return target is null || _config.Deploy?.Target is DeployTargetSettings.Docker { Settings.Front: FrontSettings.None } ? null : target.AskFrontAsync;
    }

    private sealed class Closing(IDisposable one) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            one.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private T Opened<T>(T one) where T : IAsyncDisposable
    {
        _open.Add(one);
        return one;
    }
}
