using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Rehearsal;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk;

/// <summary>A file of the change as it is judged.</summary>
/// <param name="Path">As it was given; for messages.</param>
/// <param name="Sql">The forward script.</param>
/// <param name="FirstLine">1-based line of the file at which <paramref name="Sql"/> begins.</param>
/// <param name="Rollback">The way back, or null when there is none or none is known.</param>
/// <param name="IsReplayed">It stood there before the change: played for what it made, not judged.</param>
public sealed record RiskFile(string Path, string Sql, int FirstLine = 1, string? Rollback = null, bool IsReplayed = false)
{
    private static readonly string[] OftenWithoutWayBack = ["flyway", "prisma"];

    /// <summary><see cref="Rollback"/> is what there is; a null one then says that there is no way back.</summary>
    public bool IsWayBackKnown { get; init; }

    /// <summary>Its statements commit one by one.</summary>
    public bool IsOutsideTransaction { get; init; } = HeaderReader.SaysNoTransaction(Sql);

    /// <summary>A migration of a set; what its author calls irreversible has no way back, whatever files exist.</summary>
    public static RiskFile Of(MigrationSet set, Migration migration, bool isReplayed = false) =>
        new(migration.Forward.Path, migration.Forward.Sql, migration.Forward.FirstLine, migration.Header.Irreversible ? null : migration.Rollback?.Sql, isReplayed)
        {
            // Who keeps no rollback files at all has not forgotten one.
            IsOutsideTransaction = migration.Header.NoTransaction,
            IsWayBackKnown = migration.Header.Irreversible || !OftenWithoutWayBack.Contains(set.Layout) || set.Migrations.Any(m => m.Rollback is not null),
        };
}

/// <summary>What a rule has to say about a statement.</summary>
/// <param name="Remedy">Starts with a verb; SQL in it can be pasted.</param>
public sealed record Finding(string Rule, Severity Severity, string Message, string Remedy)
{
    /// <summary>The reason given by the comment that silenced it; null when it counts.</summary>
    public string? SuppressedBecause { get; init; }
}

/// <summary>A statement with its place, its effect and what the rules found.</summary>
/// <param name="Line">1-based line of the first token in the file.</param>
/// <param name="Transaction">What whoever runs it must know.</param>
public sealed record JudgedStatement(
    string File,
    int Line,
    int Column,
    string Sql,
    SqlParseResult Parsed,
    TransactionFacts Transaction,
    StatementEffect Effect,
    ImmutableArray<Finding> Findings)
{
    /// <summary>What a scratch database showed; then <see cref="Effect"/> is that, and <see cref="Predicted"/> what the text said. Null else.</summary>
    public TracedEffect? Traced { get; init; }

    public StatementEffect? Predicted { get; init; }

    /// <summary>It belongs to a migration of the shared schema, which is run once for all tenants.</summary>
    public bool IsOnShared { get; init; }

    /// <summary>Suppressions of what only the tenants or the server can tell; they wait for such a finding.</summary>
    public ImmutableArray<Suppression> Waiting { get; init; } = [];

    /// <summary>With what was found by asking the tenants or the server; silent where its file says so.</summary>
    public JudgedStatement With(Finding finding) => this with
    {
        Findings = Findings.Insert(0, Waiting.FirstOrDefault(s => s.Rule == finding.Rule) is { } by ? finding with { SuppressedBecause = by.Because } : finding),
    };

    public IEnumerable<Finding> Open => Findings.Where(f => f.SuppressedBecause is null);
}

/// <summary>The judgement of a change, statement by statement in the order given.</summary>
/// <param name="Notes">What of the schema could not be used, one sentence each. May be empty.</param>
public sealed record RiskReport(ImmutableArray<JudgedStatement> Statements, ImmutableArray<string> Notes)
{
    /// <summary>The judged files in order, with their ways back where these are known.</summary>
    public ImmutableArray<RiskFile> Files { get; init; } = [];

    /// <summary>Each file was judged alone: what one makes, another does not know.</summary>
    public bool IsIndependent { get; init; }

    /// <summary>The worst finding that counts; null when there is none.</summary>
    public Severity? Worst
    {
        get
        {
            var open = Statements.SelectMany(s => s.Open).Select(f => f.Severity).ToArray();
            return open.Length == 0 ? null : open.Max();
        }
    }
}
