using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ports;
using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Fleet;

/// <summary>How long one statement works, tenant by tenant.</summary>
/// <param name="Seconds">In the order of the tenants; one number for a statement of the shared schema.</param>
/// <param name="Bytes">What is read or written, likewise.</param>
public sealed record StatementLoad(JudgedStatement Statement, bool OnTenants, ImmutableArray<double> Seconds, ImmutableArray<long> Bytes)
{
    public double Max => Seconds.Max();

    public double Total => Seconds.Sum();

    public double At(double share) => Seconds.Order().ElementAt(Math.Max(0, (int)Math.Ceiling(share * Seconds.Length) - 1));
}

/// <summary>What one statement costs over the fleet, as the plan's JSON has it; estimated from sizes and a stated throughput.</summary>
/// <param name="Largest">The tenant that waits longest, as the statistics name it.</param>
/// <param name="TotalSeconds">One tenant after the other.</param>
/// <param name="AtOnceSeconds">With <paramref name="Parallel"/> tenants at once.</param>
public sealed record FleetFigure(
    string File, int Line, int Tenants, double MedianSeconds, double P95Seconds, double MaxSeconds, string Largest, double TotalSeconds, double AtOnceSeconds, int Parallel);

/// <summary>Risk multiplied by the fleet: from the sizes of all tenants and a stated throughput. Pure.</summary>
/// <param name="statistics">Sizes, and what the server can hold.</param>
/// <param name="parallel">How many tenants are migrated at once.</param>
public sealed class FleetRisk(FleetStatistics statistics, int parallel)
{
    // Stated, not measured on the user's machine: what a modest cloud volume does. People compare with their own.
    public const int ReadPerSecond = 200;
    public const int WrittenPerSecond = 50;
    public const int IndexedPerSecond = 40;

    private const double Megabyte = 1024 * 1024;
    private const int Shown = 5;
    private const double MostOfIt = 0.5;

    // A server keeps some slots for itself; beyond this it may fail.
    private const double Comfortable = 0.8;

    private static readonly string Rates = string.Create(CultureInfo.InvariantCulture, $"at {ReadPerSecond} MB/s read, {WrittenPerSecond} rewritten, {IndexedPerSecond} indexed");

    /// <summary>How long a statement works at production size; null where nothing is worked through or its table is not known.</summary>
    public StatementLoad? Of(JudgedStatement statement)
    {
        var effect = statement.Effect;
        var tables = effect.Scans.Union(effect.Rewrites).Select(t => (Name: t, Sizes: SizesOf(t))).Where(t => t.Sizes is not null).ToArray();
        if (tables.Length == 0)
            return null;
        var onTenants = tables.Any(t => t.Sizes!.Bytes.Length > 1 || t.Name.StartsWith(OwnPrefix, StringComparison.Ordinal));
        var count = onTenants ? statistics.Tenants.Length : 1;
        var (seconds, bytes) = (new double[count], new long[count]);
        foreach (var (name, sizes) in tables)
        {
            for (var i = 0; i < count; i++)
            {
                var size = sizes!.Bytes[Math.Min(i, sizes.Bytes.Length - 1)];
                bytes[i] += size;
                seconds[i] += size / Megabyte / RateOf(effect, name);
            }
        }

        return count == 0 ? null : new StatementLoad(statement, onTenants, [.. seconds], [.. bytes]);
    }

    /// <summary>For the column "who waits, how long"; null where nothing is known.</summary>
    public string? Lasts(JudgedStatement statement) => Of(statement) is not { } load ? null
        : load.OnTenants ? $"for about {Words(load.Max)} in {statistics.Tenants[load.Seconds.IndexOf(load.Max)]}, {Words(load.At(0.5))} in half of the tenants"
        : $"for about {Words(load.Max)}";

    /// <summary>What the change means over all tenants, one sentence each; heaviest first.</summary>
    public ImmutableArray<string> Sentences(RiskReport report)
    {
        var loads = report.Statements.Where(s => s.Effect.Hazard).Select(Of).OfType<StatementLoad>().Where(l => l.OnTenants).OrderByDescending(l => l.Total).ToArray();
        var lines = ImmutableArray.CreateBuilder<string>();
        foreach (var load in loads.Take(Shown))
            lines.Add(Sentence(load));
        if (loads.Length > Shown)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"and {loads.Length - Shown} statements that take less"));
        if (loads.Length > 0 && Heaviest(loads) is { } heavy)
            lines.Add(heavy);
        lines.AddRange(LockTable(report));
        return lines.ToImmutable();
    }

    /// <summary>The same in figures, for every statement that works through tables of tenants; heaviest first.</summary>
    public ImmutableArray<FleetFigure> Figures(RiskReport report) =>
    [
        .. report.Statements.Where(s => s.Effect.Hazard).Select(Of).OfType<StatementLoad>().Where(l => l.OnTenants).OrderByDescending(l => l.Total).Select(l => new FleetFigure(
            l.Statement.File, l.Statement.Line, l.Seconds.Length, Rounded(l.At(0.5)), Rounded(l.At(0.95)), Rounded(l.Max),
            statistics.Tenants[l.Seconds.IndexOf(l.Max)], Rounded(l.Total), Rounded(Math.Max(l.Max, l.Total / parallel)), parallel)),
    ];

    private static double Rounded(double seconds) => Math.Round(seconds, 3);

    /// <summary>The report with a finding where a single transaction needs more locks than the server can keep.</summary>
    public RiskReport WithLockFindings(RiskReport report) => report with
    {
        Statements = [.. report.Statements.Select(s => LocksOf(s) is var locks && locks > statistics.LockSlots * Comfortable ? s.With(TooMany(locks)) : s)],
    };

    private const string OwnPrefix = TenantContext.OwnSchema + ".";

    private Finding TooMany(long locks) => new(
        FleetRules.OutOfSharedMemory.Slug, FleetRules.OutOfSharedMemory.Severity,
        string.Create(CultureInfo.InvariantCulture, $"It takes about {locks} locks in one transaction; this server keeps {statistics.LockSlots} for all sessions together, and fails with 53200."),
        FleetRules.OutOfSharedMemory.Remedy + ".");

    /// <summary>A statement of the shared schema that reaches into the tenants' tables takes their locks all at once.</summary>
    private long LocksOf(JudgedStatement statement)
    {
        var names = statement.Effect.Locks.Keys.Concat(statement.Effect.IndexLocks.Keys).Concat(statement.Effect.SequenceLocks.Keys).ToArray();
        var own = names.Count(n => n.StartsWith(OwnPrefix, StringComparison.Ordinal));
        // Only what is run once and names tables of tenants meets all of them.
        return names.Length - own + (long)own * (statement.IsOnShared ? statistics.Tenants.Length : 1);
    }

    private IEnumerable<string> LockTable(RiskReport report)
    {
        var byFile = report.Statements.GroupBy(s => s.File).Select(f => f.SelectMany(s => s.Effect.Locks.Keys.Concat(s.Effect.IndexLocks.Keys).Concat(s.Effect.SequenceLocks.Keys)).Distinct().Count()).DefaultIfEmpty(0).Max();
        if (byFile == 0 || statistics.LockSlots == 0)
            yield break;
        var together = (long)byFile * parallel;
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"locks: at most {byFile} in one transaction, {together} with {parallel} tenants at once, of {statistics.LockSlots} that the server keeps{(together > statistics.LockSlots * Comfortable ? ": it may run out of shared memory (53200)" : "")}; all {statistics.Tenants.Length} tenants in one transaction would {(byFile * (long)statistics.Tenants.Length > statistics.LockSlots ? "NOT " : "")}fit");
    }

    private string Sentence(StatementLoad load) => string.Create(
        CultureInfo.InvariantCulture,
        $"{load.Statement.File}:{load.Statement.Line} in {statistics.Tenants.Length} tenants: half within {Words(load.At(0.5))}, 95 % within {Words(load.At(0.95))}, at most {Words(load.Max)}; {Words(load.Total)} in all, about {Words(Math.Max(load.Max, load.Total / parallel))} with {parallel} at once ({Rates})");

    private string? Heaviest(StatementLoad[] loads)
    {
        var bytes = Enumerable.Range(0, statistics.Tenants.Length).Select(i => (Name: statistics.Tenants[i], Bytes: loads.Sum(l => l.Bytes[i]))).OrderByDescending(t => t.Bytes).ToArray();
        var all = bytes.Sum(t => t.Bytes);
        var (few, sum) = (0, 0L);
        while (few < bytes.Length && sum < all * MostOfIt)
            sum += bytes[few++].Bytes;
        // Where the work is spread evenly nobody has to be treated apart.
        if (all == 0 || few > Math.Max(1, bytes.Length / 10))
            return null;
        var names = string.Join(", ", bytes.Take(Math.Min(few, Shown)).Select(t => t.Name)) + (few > Shown ? ", …" : "");
        return string.Create(CultureInfo.InvariantCulture, $"{few} of {bytes.Length} tenants hold {100.0 * sum / all:0} % of what is worked through: {names}; the other {bytes.Length - few} take {Words(loads.Max(l => l.Seconds.Order().ElementAt(bytes.Length - few - 1)))} at most");
    }

    private TableSizes? SizesOf(string table) =>
        table.StartsWith(OwnPrefix, StringComparison.Ordinal) ? statistics.Tables.GetValueOrDefault(table[OwnPrefix.Length..])
        : table.StartsWith("public.", StringComparison.Ordinal) ? statistics.Shared.GetValueOrDefault(table["public.".Length..])
        : null;

    private static double RateOf(StatementEffect effect, string table) =>
        effect.Rewrites.Contains(table) ? WrittenPerSecond
        : effect.Acts.Any(a => a.Kind is ActKind.CreatesIndex or ActKind.CreatesIndexConcurrently or ActKind.AddsKey or ActKind.AddsPrimaryKey or ActKind.ReindexesBlocking) ? IndexedPerSecond
        : ReadPerSecond;

    internal static string Words(double seconds) => seconds switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, seconds * 1000):0} ms"),
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
        < 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min"),
    };
}
