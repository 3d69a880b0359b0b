using System.Collections.Immutable;
using System.Text.Json;
using Npgsql;
using SafeDeploy.Ledger;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.LedgerStores.Postgres;

/// <summary>The ledger's questions and how their rows are read.</summary>
internal static class LedgerRows
{
    /// <summary>A deployment with its last conclusion; the environment's current one has none while it is open (again).</summary>
    private const string Summaries =
        """
        select d.id, d.environment, d.identity, d.attempt, d.from_release::text, d.to_release::text, d.run::text, d.opened_at, c.at, c.fact ->> 'conclusion'
        from safe_deploy.deployment d
        left join lateral (
            select n.at, n.fact from safe_deploy.entry n
            where n.deployment = d.id and n.kind = 'concluded' order by n.sequence desc limit 1) c
          on not exists (select from safe_deploy.environment o where o.name = d.environment and o.deployment = d.id and not o.concluded)
        """;

    public const string ByName = Summaries + " where d.id = $1";

    public const string ByIdentity = Summaries + " where d.identity = $1 order by d.attempt desc limit 1";

    public const string History = Summaries + " where d.environment = $1 order by d.opened_at desc, d.id desc limit $2";

    /// <summary>Reached its commit point; no later conclusion of its own says rolled-back, and no rollback went back past it.</summary>
    public const string LastCommitted =
        """
        with past as materialized (
            select r.sequence,
                   (select max(t.sequence) from safe_deploy.entry t where t.deployment = r.fact ->> 'rolledBackTo' and t.kind = 'committed') as target
            from safe_deploy.deployment o join safe_deploy.entry r on r.deployment = o.id
            where o.environment = $1 and r.kind = 'concluded' and r.fact ->> 'conclusion' = 'rolled-back' and r.fact ->> 'rolledBackTo' is not null)

        """ + Summaries +
        """
         join lateral (select max(n.sequence) as sequence from safe_deploy.entry n where n.deployment = d.id and n.kind = 'committed') k
           on k.sequence is not null
        where d.environment = $1 and not exists (
            select from safe_deploy.entry r
            where r.deployment = d.id and r.kind = 'concluded' and r.fact ->> 'conclusion' = 'rolled-back' and r.sequence > k.sequence)
          and not exists (select from past p where p.sequence > k.sequence and p.target < k.sequence)
        order by k.sequence desc limit 1
        """;

    /// <summary>Ages are the server's: the clocks of two runners never meet.</summary>
    public const string Environment =
        """
        select e.epoch, e.deployment, e.concluded, e.parked_until, e.parked_until > clock_timestamp(), e.holder::text,
               extract(epoch from clock_timestamp() - e.heartbeat_at)::float8,
               exists (
                   select from pg_catalog.pg_locks l
                   where l.locktype = 'advisory' and l.granted and l.objsubid = 1
                     and l.database = (select b.oid from pg_catalog.pg_database b where b.datname = current_database())
                     and l.classid::bigint = ($2 >> 32) & 4294967295 and l.objid::bigint = $2 & 4294967295),
               e.heartbeat_at
        from safe_deploy.environment e where e.name = $1
        """;

    public const string Entries =
        "select n.sequence, n.deployment, n.epoch, n.at, n.step, n.fact::text from safe_deploy.entry n where n.deployment = $1 order by n.sequence";

    public static async Task<ImmutableArray<DeploymentSummary>> SummariesAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        await using (command)
        await using (var rows = await command.ExecuteReaderAsync(cancellation))
        {
            var found = ImmutableArray.CreateBuilder<DeploymentSummary>();
            while (await rows.ReadAsync(cancellation))
                found.Add(Summary(rows));
            return found.ToImmutable();
        }
    }

    public static async Task<ImmutableArray<LedgerEntry>> EntriesAsync(
        NpgsqlConnection connection, DeploymentId deployment, string place, CancellationToken cancellation)
    {
        await using var command = LedgerSql.Command(connection, Entries, LedgerSql.Text(deployment.Value));
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var found = ImmutableArray.CreateBuilder<LedgerEntry>();
        while (await rows.ReadAsync(cancellation))
            found.Add(Entry(rows, place));
        return found.ToImmutable();
    }

    private static LedgerEntry Entry(NpgsqlDataReader row, string place)
    {
        var sequence = row.GetInt64(0);
        try
        {
            return new LedgerEntry(
                sequence,
                new DeploymentId(row.GetString(1)),
                row.GetInt32(2),
                Instant(row, 3),
                row.IsDBNull(4) ? null : LedgerJson.ReadStep(row.GetString(4)),
                LedgerJson.ReadFact(row.GetString(5)));
        }
        catch (JsonException unknown)
        {
            throw new ProblemException(LedgerProblems.IsNewer(place, FormattableString.Invariant($"entry {sequence} is not known to this version")), unknown);
        }
    }

    private static DeploymentSummary Summary(NpgsqlDataReader row) => new(
        new DeploymentId(row.GetString(0)),
        row.GetString(1),
        row.GetString(2),
        row.GetInt32(3),
        row.IsDBNull(4) ? null : LedgerJson.ReadRelease(row.GetString(4)),
        LedgerJson.ReadRelease(row.GetString(5)),
        LedgerJson.ReadRun(row.GetString(6)),
        Instant(row, 7),
        row.IsDBNull(8) ? null : Instant(row, 8),
        row.IsDBNull(9) ? null : LedgerJson.ReadConclusion(row.GetString(9)));

    public static DateTimeOffset Instant(NpgsqlDataReader row, int column) => new(row.GetDateTime(column), TimeSpan.Zero);
}
