using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using SafeDeploy.Ledger;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.LedgerStores.File;

/// <summary>The file's questions and how their rows are read.</summary>
internal static class FileRows
{
    private const string Summaries =
        """
        select d.id, d.environment, d.identity, d.attempt, d.from_release, d.to_release, d.run, d.opened_at, c.at, json_extract(c.fact, '$.conclusion')
        from deployment d
        left join entry c
          on c.sequence = (select max(n.sequence) from entry n where n.deployment = d.id and n.kind = 'concluded')
         and not exists (select 1 from environment o where o.name = d.environment and o.deployment = d.id and not o.concluded)
        """;

    private const string LastCommitted =
        """
        with past as materialized (
            select r.sequence,
                   (select max(t.sequence) from entry t where t.deployment = json_extract(r.fact, '$.rolledBackTo') and t.kind = 'committed') as target
            from deployment o join entry r on r.deployment = o.id
            where o.environment = $1 and r.kind = 'concluded'
              and json_extract(r.fact, '$.conclusion') = 'rolled-back' and json_extract(r.fact, '$.rolledBackTo') is not null)

        """ + Summaries +
        """
         join (select n.deployment, max(n.sequence) as sequence from entry n where n.kind = 'committed' group by n.deployment) k on k.deployment = d.id
        where d.environment = $1 and not exists (
            select 1 from entry r where r.deployment = d.id and r.kind = 'concluded'
               and json_extract(r.fact, '$.conclusion') = 'rolled-back' and r.sequence > k.sequence)
          and not exists (select 1 from past p where p.sequence > k.sequence and p.target < k.sequence)
        order by k.sequence desc limit 1
        """;

    public static DeploymentSummary? ByName(FileSession session, string id) =>
        session.Rows(Summaries + " where d.id = $1", Summary, id).SingleOrDefault();

    public static DeploymentSummary? ByIdentity(FileSession session, string identity) =>
        session.Rows(Summaries + " where d.identity = $1 order by d.attempt desc limit 1", Summary, identity).SingleOrDefault();

    public static ImmutableArray<DeploymentSummary> History(FileSession session, string environment, int limit) =>
        [.. session.Rows(Summaries + " where d.environment = $1 order by d.opened_at desc, d.rowid desc limit $2", Summary, environment, limit)];

    public static DeploymentSummary? Committed(FileSession session, string environment) =>
        session.Rows(LastCommitted, Summary, environment).SingleOrDefault();

    public static ImmutableArray<LedgerEntry> Entries(FileSession session, DeploymentId deployment, string place) =>
        [.. session.Rows(
            "select sequence, deployment, epoch, at, step, fact from entry where deployment = $1 order by sequence",
            row => Entry(row, place),
            deployment.Value)];

    public static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    public static DateTimeOffset? Instant(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.Parse(row.GetString(column), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);

    public static string? MaybeText(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static LedgerEntry Entry(SqliteDataReader row, string place)
    {
        var sequence = row.GetInt64(0);
        try
        {
            var step = MaybeText(row, 4);
            return new LedgerEntry(
                sequence,
                new DeploymentId(row.GetString(1)),
                row.GetInt32(2),
                Instant(row, 3)!.Value,
                step is null ? null : LedgerJson.ReadStep(step),
                LedgerJson.ReadFact(row.GetString(5)));
        }
        catch (JsonException unknown)
        {
            throw new ProblemException(LedgerProblems.IsNewer(place, FormattableString.Invariant($"entry {sequence} is not known to this version")), unknown);
        }
    }

    private static DeploymentSummary Summary(SqliteDataReader row) => new(
        new DeploymentId(row.GetString(0)),
        row.GetString(1),
        row.GetString(2),
        row.GetInt32(3),
        MaybeText(row, 4) is { } from ? LedgerJson.ReadRelease(from) : null,
        LedgerJson.ReadRelease(row.GetString(5)),
        LedgerJson.ReadRun(row.GetString(6)),
        Instant(row, 7)!.Value,
        Instant(row, 8),
        MaybeText(row, 9) is { } conclusion ? LedgerJson.ReadConclusion(conclusion) : null);
}
