using System.Diagnostics;
using System.Globalization;
using Npgsql;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Backups.PgDump;
using SafeDeploy.Integrations.BackupStores.Folder;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.Processes;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;

namespace SafeDeploy.Benchmarks;

/// <summary>How long a set takes beside one plain <c>pg_dump -Fc</c> of the same database, turn by turn; verified by list, as it is by default.</summary>
internal static class BackupScenario
{
    private const int Turns = 3;
    private const string Shape = """
        create table sale (id bigserial primary key, total numeric(12,2), note text, at timestamptz default now());
        create table item (id bigserial primary key, sale bigint references sale, what text, price numeric(12,2));
        create table stock (id bigserial primary key, what text unique, amount int);
        insert into sale (total, note) select n, md5(n::text) from generate_series(1, 400) n;
        insert into item (sale, what, price) select 1 + n % 400, md5(n::text), n from generate_series(1, 800) n;
        insert into stock (what, amount) select n::text, n from generate_series(1, 100) n
        """;

    /// <param name="server">A server on which a database may be made, as <c>postgres://…</c>.</param>
    public static async Task<int> RunAsync(string server, int tenants)
    {
        var name = $"sd_bench_{Guid.NewGuid():N}";
        var settings = PostgresUrl.Parse(server);
        await ExecuteAsync(settings, $"create database {name}");
        var folder = Directory.CreateTempSubdirectory("sd-bench-");
        try
        {
            settings = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Database = name };
            var scopes = Enumerable.Range(1, tenants).Select(n => Scope.Parse(string.Create(CultureInfo.InvariantCulture, $"tenant_{n:00000}"))).ToArray();
            foreach (var scope in scopes)
                await ExecuteAsync(settings, $"create schema {scope.Sql}; set search_path = {scope.Sql}; {Shape}");
            await ExecuteAsync(settings, "vacuum analyze");
            await using var backup = new PgDumpBackup(
                settings, new FolderStore(folder.FullName, null), new ProcessRunner(TimeProvider.System), TimeProvider.System, PgDumpOptions.Default);
            Console.WriteLine($"backup: {tenants} tenants of 3 tables, {await TurnsAsync(settings, backup, [new Scope.Public(), .. scopes], folder.FullName)}");
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
            await ExecuteAsync(PostgresUrl.Parse(server), $"drop database {name} with (force)");
        }
    }

    private static async Task<string> TurnsAsync(NpgsqlConnectionStringBuilder settings, PgDumpBackup backup, Scope[] scopes, string folder)
    {
        var turns = new List<(TimeSpan Plain, TimeSpan Set, TimeSpan Verified)>();
        for (var turn = 0; turn < Turns; turn++)
        {
            var file = Path.Combine(folder, "plain.dump");
            var plain = await TimeAsync(() => PlainAsync(settings, file));
            File.Delete(file);
            var set = string.Create(CultureInfo.InvariantCulture, $"set-{turn}");
            var taken = await TimeAsync(() => backup.TakeAsync(set, scopes, new BackupLabel("bench", "bench", set, "v1"), CancellationToken.None));
            var verified = await TimeAsync(() => backup.VerifyAsync(set, BackupVerification.List, CancellationToken.None));
            turns.Add((plain, taken, verified));
            await backup.DeleteAsync(set, CancellationToken.None);
        }

        var ratios = turns.Select(t => t.Set / t.Plain).Order().ToArray();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"pg_dump -Fc {Median(turns.Select(t => t.Plain)):0.0} s, the set with its fingerprints {Median(turns.Select(t => t.Set)):0.0} s, verified in {Median(turns.Select(t => t.Verified)):0.0} s (medians of {Turns}); set / pg_dump: {ratios[0]:0.00} {ratios[Turns / 2]:0.00} {ratios[^1]:0.00} (min, median, max)");
    }

    private static double Median(IEnumerable<TimeSpan> times) => times.Order().ElementAt(Turns / 2).TotalSeconds;

    private static async Task<TimeSpan> TimeAsync(Func<Task> action)
    {
        var started = Stopwatch.GetTimestamp();
        await action();
        return Stopwatch.GetElapsedTime(started);
    }

    private static async Task PlainAsync(NpgsqlConnectionStringBuilder settings, string file)
    {
        var start = new ProcessStartInfo("pg_dump", ["-Fc", "-f", file]);
        foreach (var (name, value) in PgDumpCommands.Environment(settings))
            start.Environment[name] = value;
        using var dump = Process.Start(start) ?? throw new InvalidOperationException("pg_dump did not start");
        await dump.WaitForExitAsync();
        if (dump.ExitCode != 0)
            throw new InvalidOperationException($"pg_dump ended with {dump.ExitCode}");
    }

    private static async Task ExecuteAsync(NpgsqlConnectionStringBuilder settings, string sql)
    {
        await using var source = PostgresUrl.DataSource(settings, "safe-deploy/bench");
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
