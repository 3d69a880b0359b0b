using System.Diagnostics;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Crash;

/// <summary>A sealed database and the target's files in which one release serves: the start of any number of crashes, side by side.</summary>
internal sealed class FileWorld : IAsyncDisposable
{
    /// <summary>The sample's migrations, gates and rules; a target of files; as quick as can be.</summary>
    private const string Config = """
        version: 1
        project: point-of-sale
        database:
          url: ${DATABASE_URL}
        tenants:
          query: select schema_name from control.tenant where active order by schema_name
          canaries: [ tenant_001 ]
        migrations:
          public:  { engine: sql, path: "releases/${VERSION}/db/public" }
          tenants: { engine: sql, path: "releases/${VERSION}/db/tenant" }
          lock_timeout: 3s
          statement_timeout: 1m
          parallel: 2
          waves: [ canaries, 100% ]
        risk:
          fail_on: never
        backup:
          store: file://${BACKUPS}
          same_disk: allowed
          verify: list
        deploy:
          target: command
          image: shop:${VERSION}
          version: ${VERSION}
          maintenance: allowed
          hold_within: 60s
          command:
            current: [ ./target ]
            resolve: [ ./target ]
            start:   [ ./target ]
            switch:  [ ./target ]
            hold:    [ ./target ]
            release: [ ./target ]
            stop:    [ ./target ]
            within: 20s
        health:
          url: http://127.0.0.1:${PORT}
          within: 20s
          soak: 300ms
          interval: 100ms
          version_header: X-App-Version
          readiness: /
          gates:
            - { name: page, http: { path: /, errors: 1%, samples: 5 } }
            - { name: branches see their own sales, rls: { tables: [ sale ] } }
            - name: fiscal numbers have no gap
              sql:
                scope: tenants
                query: >-
                  select not exists (select from "NfceDocumento" group by filial_id, serie
                  having count(*) <> max(numero) - min(numero) + 1)
        rollback:
          automatic: true
          database: ${ROLLBACK:-auto}

        """;

    private readonly Sample _sample;
    private readonly FileTarget _target;

    private FileWorld(Sample sample, FileTarget target, string serves) => (_sample, _target, Serves) = (sample, target, serves);

    public string Serves { get; }

    public int Tenants => _sample.Tenants;

    /// <summary>Schema and data of every scope, as they are in each copy at its start.</summary>
    public string Before { get; private init; } = "";

    /// <summary>The releases brought in one after the other, the last of them serving; then sealed.</summary>
    public static async Task<FileWorld> ServingAsync(int tenants, params string[] releases)
    {
        var sample = await Sample.OnAsync(await TestDatabase.CreateAsync(), tenants, hasContainers: false);
        sample.Configure(Config);
        var target = FileTarget.In(sample.Home, null);
        foreach (var release in releases)
        {
            var run = await sample.CliAsync(release, ["run"], ("PORT", Port(target)));
            Assert.True(run.ExitCode == 0, run.ToString());
            if (release == releases[0])
                await sample.SqlFileAsync("seed/data.sql");
        }

        await LedgerStop.InstallAsync(sample.Database);
        var world = new FileWorld(sample, target, releases[^1]) { Before = await Dump.OfAsync(sample.Database) };
        await sample.Database.SealAsync();
        return world;
    }

    /// <param name="sick">Versions whose pages answer 500 once they serve.</param>
    public async Task<FileSite> CopyAsync(params string[] sick)
    {
        var sample = Sample.Over(await _sample.Database.CopyOfSealedAsync(), Tenants);
        sample.Configure(Config);
        return new FileSite(this, sample, FileTarget.In(sample.Home, _sample.Home, sick));
    }

    public async ValueTask DisposeAsync()
    {
        _target.Dispose();
        await _sample.DisposeAsync();
    }

    internal static string Port(FileTarget target) => target.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>One copy of a world: a database, a target, and the program to call on them.</summary>
internal sealed class FileSite(FileWorld origin, Sample sample, FileTarget target) : IAsyncDisposable
{
    /// <summary>Scopes that moved forward and back unequally often for their state: some line is there twice, or missing.</summary>
    private const string OddMoves =
        """
        select coalesce(string_agg(format('%s %s moved %s', n.scope, n.version, n.net), ', '), '') from (
            select e.fact ->> 'scope' as scope, e.fact ->> 'version' as version,
                count(*) filter (where e.fact ->> 'direction' = 'forward') - count(*) filter (where e.fact ->> 'direction' <> 'forward') as net
            from safe_deploy.entry e where e.kind = 'scope-migrated' group by 1, 2) n
        where n.net <> (select count(*) from safe_deploy.migration m where m.scope = n.scope and m.version = n.version)
        """;

    public FileWorld Origin => origin;

    public Sample Sample => sample;

    public FileTarget Target => target;

    /// <summary>Laid over what every call gets, for example another way to the database.</summary>
    public List<(string Name, string Value)> Variables { get; } = [("PORT", FileWorld.Port(target))];

    public CliProcess Start(string version, params string[] arguments) => sample.Start(version, arguments, [.. Variables]);

    public async Task<CliResult> CallAsync(string version, params string[] arguments)
    {
        using var process = Start(version, arguments);
        return await process.EndAsync();
    }

    /// <summary>Scopes that the ledger moved another time than their own history shows; empty is right.</summary>
    public Task<string?> OddMovesAsync() => sample.Database.ScalarAsync<string>(OddMoves);

    /// <summary>One release everywhere and nothing half-done: what must hold after any fault once <c>recover</c> ended well.</summary>
    /// <param name="databases">The dumps that are allowed: of before, of after.</param>
    public async Task AssertOneStateAsync(string serves, params string[] databases)
    {
        Assert.True((target.Serves, string.Join(", ", target.Running)) == (serves, serves), $"{target.Serves} serves, {string.Join(", ", target.Running)} run; it should be {serves} alone");
        var versions = (await sample.VersionsAsync()).Where(v => v.Key != "public").GroupBy(v => v.Value).ToArray();
        Assert.True(versions.Length == 1, $"tenants at {string.Join(" and ", versions.Select(v => $"{v.Key} ({v.Count()}, e.g. {v.First().Key})"))}");
        Assert.Equal("", await OddMovesAsync());
        Assert.True(await sample.Database.ScalarAsync<bool>("select concluded and parked_until is null from safe_deploy.environment"), "the environment is not concluded");
        var now = await Dump.OfAsync(sample.Database);
        Assert.True(databases.Contains(now), $"the database is none of those allowed: {Dump.FirstDifference(now, databases[^1])}");
    }

    public async ValueTask DisposeAsync()
    {
        target.Dispose();
        await sample.DisposeAsync();
    }
}

/// <summary>Everything but the ledger, as <c>pg_dump</c> prints it: equal texts, equal databases.</summary>
internal static class Dump
{
    public static async Task<string> OfAsync(TestDatabase database)
    {
        var start = new ProcessStartInfo(Path.Combine(TestServers.PostgresBin, "pg_dump")) { RedirectStandardOutput = true };
        foreach (var argument in (string[])["--exclude-schema=safe_deploy", "--exclude-schema=crash_test", database.Url])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("pg_dump did not start");
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        // Newer pg_dump brackets its output with a random word.
        return string.Join('\n', text.Split('\n').Where(line => !line.StartsWith(@"\restrict", StringComparison.Ordinal) && !line.StartsWith(@"\unrestrict", StringComparison.Ordinal)));
    }

    public static string FirstDifference(string now, string then)
    {
        var pair = now.Split('\n').Zip(then.Split('\n')).FirstOrDefault(line => line.First != line.Second);
        return $"\"{pair.First}\" instead of \"{pair.Second}\"";
    }
}
