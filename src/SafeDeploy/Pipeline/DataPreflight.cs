using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Fleet;
using SafeDeploy.Steps.Preflight.Checks;

namespace SafeDeploy.Pipeline;

/// <summary>Asks every scope, read-only, whether its rows let the pending statements succeed; names those where they do not.</summary>
public sealed class DataPreflight(IDatabase database)
{
    private const int AtOnce = 4;
    private const int Named = 5;

    private const string PrimaryKey = """
        select string_agg(quote_ident(a.attname), ',') from pg_catalog.pg_index i
        join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
        where i.indrelid = to_regclass(:target) and i.indisprimary
        """;

    /// <param name="scopes">Where a migration file is still to be run.</param>
    /// <returns>The report with a finding at each statement that will fail, and a note for each scope that could not be asked.</returns>
    public async Task<RiskReport> AskAsync(RiskReport report, Func<string, ImmutableArray<Scope>> scopes, CancellationToken cancellation)
    {
        var validated = DataProbes.Validated(report);
        var statements = report.Statements.ToBuilder();
        var notes = report.Notes.ToBuilder();
        for (var i = 0; i < statements.Count; i++)
        {
            foreach (var probe in DataProbes.Of(statements[i], validated))
            {
                var (found, unasked) = await AskAsync(probe, scopes(statements[i].File), cancellation);
                if (!found.IsEmpty)
                    statements[i] = statements[i].With(Finding(probe, found));
                if (!unasked.IsEmpty)
                    notes.Add($"{statements[i].File}:{statements[i].Line} could not be asked of {Names(unasked)}: built otherwise than the other tenants");
            }
        }

        return report with { Statements = statements.ToImmutable(), Notes = notes.ToImmutable() };
    }

    /// <summary>What is said of the tenants is read from one of them; a sentence names those that are built otherwise. Empty where none is.</summary>
    public async Task<ImmutableArray<string>> DriftAsync(FleetHistory? tenants, CancellationToken cancellation)
    {
        if (tenants is null || tenants.Pending.Count < 2)
            return [];
        var strangers = TenantsAreAlike.Strangers(tenants, await database.FingerprintsAsync([.. tenants.Pending.Keys], cancellation));
        return strangers.IsEmpty
            ? []
            : [string.Create(CultureInfo.InvariantCulture, $"{strangers.Length} of {tenants.Pending.Count} tenants are not built like the others at their version ({Names([.. strangers.Select(s => s.Scope)])}): preflight will refuse them")];
    }

    private static Finding Finding(DataProbe probe, ImmutableSortedDictionary<Scope, long> found)
    {
        var first = string.Join(", ", found.OrderByDescending(f => f.Value).ThenBy(f => f.Key).Take(Named).Select(f => $"{f.Key} ({Number(f.Value)})"));
        var more = found.Count > Named ? string.Create(CultureInfo.InvariantCulture, $" and {found.Count - Named} more") : "";
        return new Finding(
            FleetRules.DataViolates.Slug, FleetRules.DataViolates.Severity, $"Will fail on {first}{more}: {probe.What}.", $"-- shows them, in each of the schemas named:\n{probe.Sql};");
    }

    private static string Number(long count) => count >= DataProbe.AtMost
        ? string.Create(CultureInfo.InvariantCulture, $"{DataProbe.AtMost} or more")
        : count.ToString(CultureInfo.InvariantCulture);

    private static string Names(ImmutableArray<Scope> scopes) =>
        string.Join(", ", scopes.Order().Take(Named)) + (scopes.Length > Named ? string.Create(CultureInfo.InvariantCulture, $" and {scopes.Length - Named} more") : "");

    private async Task<(ImmutableSortedDictionary<Scope, long> Found, ImmutableArray<Scope> Unasked)> AskAsync(
        DataProbe probe, ImmutableArray<Scope> scopes, CancellationToken cancellation)
    {
        var found = new ConcurrentDictionary<Scope, long>();
        var unasked = new ConcurrentBag<Scope>();
        await Parallel.ForEachAsync(scopes, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (scope, token) =>
        {
            if (await CountAsync(probe, scope, token) is not { } count)
                unasked.Add(scope);
            else if (count > 0)
                found[scope] = count;
        });
        // What nobody can be asked is made by this very change: there is no data yet.
        return (found.ToImmutableSortedDictionary(), unasked.Count == scopes.Length ? [] : [.. unasked]);
    }

    private async Task<long?> CountAsync(DataProbe probe, Scope scope, CancellationToken cancellation)
    {
        try
        {
            string? key = null;
            if (probe.KeyOf is { } target)
            {
                var parameters = ImmutableDictionary<string, object>.Empty.Add("target", target);
                key = await database.AskAsync(scope, PrimaryKey, parameters, cancellation) as string;
                // Two columns cannot be compared with one.
                if (key is null || key.Contains(',', StringComparison.Ordinal))
                    return null;
            }

            return Convert.ToInt64(await database.AskAsync(scope, probe.With(key), ImmutableDictionary<string, object>.Empty, cancellation), CultureInfo.InvariantCulture);
        }
        catch (ProblemException unknown) when (database.IsQuestionOfAnother(unknown.Problem))
        {
            return null;
        }
    }
}
