using SafeDeploy.Migrations;

namespace SafeDeploy.Config;

/// <summary>Contradictions between values that are each accepted by themselves.</summary>
internal sealed class ConfigRules(DeployConfig config, Place file, ProblemList problems)
{
    public void Check()
    {
        Tenants();
        Timeouts();
        Waves();
        Gates();
        FrontDoor();
        Maintenance();
        Containers();
        Store();
    }

    private void Store()
    {
        if (config.Backup is not { } backup)
            return;
        var isBucket = backup.Store.Scheme == "s3";
        var isCommand = backup.Store.Scheme == "command";
        if (backup.S3 is not null && !isBucket)
            Contradiction("backup.s3", "backup.s3 is set, and the store is no bucket", "write store: s3://bucket/prefix, or remove s3");
        if (backup.S3 is { } s3 && s3.AccessKey is null != s3.SecretKey is null)
            Contradiction("backup.s3", "access_key and secret_key stand one without the other", "write both, or neither");
        if (backup.Command is null == isCommand)
            Contradiction("backup.store", isCommand ? "the store is a command, and backup.command is not there" : "backup.command is set, and the store is none",
                "write store: command and below command: put, get, list and delete");
    }

    private void Tenants()
    {
        if (config.Tenants is null)
        {
            if (config.Migrations.Tenants is not null)
                Contradiction("migrations.tenants", "migrations.tenants is set, and no tenants are", "add tenants with query or schemas, or remove migrations.tenants");
            var gate = config.Health?.Gates.ToList().FindIndex(g => g is GateSettings.Sql { Scope: ScopeKind.Tenants }) ?? -1;
            if (gate >= 0)
                Contradiction($"health.gates[{gate}].sql.scope", "a gate asks every tenant, and no tenants are configured", "add tenants, or write scope: public");
            var rule = config.Rollback.ForbidWhen.ToList().FindIndex(r => r.Scope == ScopeKind.Tenants);
            if (rule >= 0)
                Contradiction($"rollback.forbid_when[{rule}].scope", "a rule asks every tenant, and no tenants are configured", "add tenants, or write scope: public");
            return;
        }

        Once("tenants.canaries", config.Tenants.Canaries.Select(c => c.Value));
    }

    // PostgreSQL manual, runtime-config-client, "lock_timeout": a value at or above statement_timeout never fires.
    private void Timeouts()
    {
        var (lockTimeout, statement) = (config.Migrations.LockTimeout, config.Migrations.StatementTimeout);
        if (lockTimeout >= statement)
            Contradiction(
                "migrations.lock_timeout",
                $"lock_timeout {Duration.Text(lockTimeout)} never fires before statement_timeout {Duration.Text(statement)}",
                "make lock_timeout the shorter of the two");
    }

    private void Waves()
    {
        var waves = config.Migrations.Waves;
        var canaries = waves.ToList().FindLastIndex(w => w is WaveSize.Canaries);
        if (canaries > 0)
            Contradiction($"migrations.waves[{canaries}]", "the wave canaries is not the first", "write canaries first, and once");
        var shares = waves.OfType<WaveSize.UpTo>().Select(w => w.Share.Value).ToList();
        if (shares.Zip(shares.Skip(1)).Any(pair => pair.First >= pair.Second))
            Contradiction("migrations.waves", "a wave is not larger than the one before it: percentages count the tenants of earlier waves", "write the percentages in rising order");
        if (shares.Count == 0 || shares[^1] != 100)
            Contradiction("migrations.waves", "the waves leave tenants behind: the last is not 100%", "end the list with 100%");
    }

    private void Gates()
    {
        if (config.Health is not { } health)
            return;
        Once("health.gates", health.Gates.Select(g => g.Name));
        if (health.Gates.Length == 0 && health.Liveness is null && health.Readiness is null)
            Contradiction("health", "health asks nothing: no liveness, no readiness, no gate", "add readiness, or a gate; or remove health");
    }

    private void FrontDoor()
    {
        if (config.Health is not { Url: null } health)
            return;
        var isKnown = config.Deploy?.Target is DeployTargetSettings.Docker { Settings.Front: not FrontSettings.External };
        var asksHttp = health.Liveness is not null || health.Readiness is not null || health.Version is VersionProof.Body
            || health.Gates.Any(g => g is GateSettings.Http);
        if (asksHttp && !isKnown)
            Contradiction("health", "health asks over HTTP, and nothing says where the front door is", "add url, such as http://127.0.0.1:8080");
    }

    private void Maintenance()
    {
        var (hold, release, at) = config.Deploy?.Target switch
        {
            DeployTargetSettings.Command { Settings: var command } => (command.Hold, command.Release, "deploy.command"),
            DeployTargetSettings.Docker { Settings.Front: FrontSettings.External front } => (front.Hold, front.Release, "deploy.docker.front"),
            _ => (null, null, ""),
        };
        if (at.Length == 0)
            return;
        if (hold is null != release is null)
            Contradiction(at, "hold and release stand one without the other: traffic could not be held and let go", "write both, or neither");
        else if (hold is null && config.Deploy is { Maintenance.Allowed: true })
            Contradiction("deploy.maintenance", $"maintenance is allowed, and {at} has no hold and release", $"add hold and release under {at}, or write maintenance: never");
    }

    private void Containers()
    {
        if (config.Deploy?.Target is not DeployTargetSettings.Docker { Settings: var docker })
            return;
        Once("deploy.docker.workers", docker.Workers.Select(w => w.Service).Prepend(docker.Service));
        Once("deploy.docker.mounts", docker.Mounts.Select(m => m.Target));
        for (var i = 0; i < docker.Mounts.Length; i++)
            Mount(docker.Mounts[i], $"deploy.docker.mounts[{i}]");
    }

    private void Mount(MountSettings mount, string path)
    {
        var (isRight, expected) = mount.Kind switch
        {
            MountKind.Bind => (mount.Source.StartsWith('/'), "an absolute path"),
            MountKind.Volume => (PlaceTypes.Project.Parse(mount.Source, out _) is not null, "a volume's name"),
            _ => (mount.Source.Length == 0, "not written"),
        };
        if (!isRight)
            Contradiction(path, $"the source of a {mount.Kind.ToString().ToLowerInvariant()} mount is {expected}", "correct source, or write another type: bind, volume or tmpfs");
    }

    private void Once(string path, IEnumerable<string> names)
    {
        var twice = names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
            Contradiction(path, $"{Shown.Quoted(twice.Key)} stands {twice.Count()} times under {path}", "give each its own name, once");
    }

    private void Contradiction(string path, string what, string next)
    {
        var mark = config.MarkOf(path);
        var place = mark is SourceMark.FromDefault ? file : new Place(mark, path);
        problems.Add(ConfigProblems.Inconsistent, place, what, next);
    }
}
