using System.Globalization;
using Npgsql;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Crash;

/// <summary>A place in a run: the n-th durable line of this kind; its successor is not written yet.</summary>
/// <param name="Step">Null = of any step.</param>
/// <param name="Kind">Null = of any kind.</param>
internal sealed record LedgerPoint(string? Step, string? Kind, int Nth)
{
    public override string ToString() =>
        $"after {Step ?? "any step"}/{Kind ?? "line"} {Nth.ToString(CultureInfo.InvariantCulture)}";
}

/// <summary>Stops a run exactly between two lines of its ledger: the next line waits inside the server while the test lives on.</summary>
/// <remarks>Lines of a process that took over pass, and so does everything when no point is armed.</remarks>
internal sealed class LedgerStop : IAsyncDisposable
{
    private const string Install =
        """
        create schema if not exists crash_test;
        create table if not exists crash_test.point (step text, kind text, nth integer not null);
        create or replace function crash_test.wait() returns trigger language plpgsql as $$
        begin
            if exists (select from safe_deploy.entry e where e.deployment = new.deployment and e.epoch <> new.epoch) then
                return new;
            end if;
            if exists (
                select from crash_test.point p where p.nth <= (
                    select count(*) from safe_deploy.entry e
                    where e.deployment = new.deployment and (p.step is null or e.step = p.step) and (p.kind is null or e.kind = p.kind))) then
                perform pg_advisory_xact_lock(7305101);
            end if;
            return new;
        end $$;
        create or replace trigger wait before insert on safe_deploy.entry for each row execute function crash_test.wait();
        """;

    private const string Waiting =
        """
        select exists (
            select from pg_locks l join pg_database d on d.oid = l.database
            where d.datname = current_database() and l.locktype = 'advisory' and l.objid = 7305101 and not l.granted)
        """;

    private readonly TestDatabase _database;
    private readonly NpgsqlConnection _gate;

    private LedgerStop(TestDatabase database, NpgsqlConnection gate) => (_database, _gate) = (database, gate);

    /// <summary>Once, after the first deployment made the ledger.</summary>
    public static Task InstallAsync(TestDatabase database) => database.ExecuteAsync(Install);

    public static async Task<LedgerStop> ArmAsync(TestDatabase database, LedgerPoint point)
    {
        var gate = await database.OpenAsync();
        await using var command = new NpgsqlCommand(
            "insert into crash_test.point values ($1, $2, $3)", gate)
        {
            Parameters =
            {
                new() { Value = (object?)point.Step ?? DBNull.Value, DataTypeName = "text" },
                new() { Value = (object?)point.Kind ?? DBNull.Value, DataTypeName = "text" },
                new() { Value = point.Nth },
            },
        };
        await using (var hold = new NpgsqlCommand("select pg_advisory_lock(7305101)", gate))
            await hold.ExecuteNonQueryAsync();
        await command.ExecuteNonQueryAsync();
        return new LedgerStop(database, gate);
    }

    /// <summary>False when the run ended without coming to the point.</summary>
    public async Task<bool> ReachedAsync(CliProcess run)
    {
        await using var eyes = await _database.OpenAsync();
        await using var look = new NpgsqlCommand(Waiting, eyes);
        var reached = false;
        await Eventually.Async(
            async () => (reached = await look.ExecuteScalarAsync() is true) || run.HasExited, TimeSpan.FromMinutes(2), what: "the run comes to the point, or ends");
        return reached;
    }

    /// <summary>No further line will wait; one that waits already goes on waiting.</summary>
    public Task DisarmAsync() => _database.ExecuteAsync("delete from crash_test.point");

    /// <summary>Lets the waiting line be written, and all that follow it.</summary>
    public async Task LetGoAsync()
    {
        await DisarmAsync();
        await using var command = new NpgsqlCommand("select pg_advisory_unlock(7305101)", _gate);
        await command.ExecuteNonQueryAsync();
    }

    public ValueTask DisposeAsync() => _gate.DisposeAsync();
}
