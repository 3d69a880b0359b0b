using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Migrations.Adoption;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>How a fleet is taken over; exactly one of the two is set.</summary>
/// <param name="From">A tool's name, whose history table is read.</param>
/// <param name="At">A version of the folder, or <c>none</c>.</param>
public sealed record AdoptRequest(string Environment, string? From, string? At);

/// <param name="Adopted">Scopes whose history was written, each with how many migrations it has.</param>
/// <param name="Skipped">Scopes that have a history already, or hold nothing.</param>
/// <param name="Problems">When there is any, nothing was written.</param>
public sealed record AdoptReport(ImmutableArray<(Scope Scope, int Migrations)> Adopted, ImmutableArray<Scope> Skipped, ImmutableArray<Problem> Problems);

/// <summary>Takes over scopes that another tool migrated: reads everything, judges everything, then writes all of it in one transaction. Safe to repeat.</summary>
public sealed class AdoptService(NpgsqlDataSource source, IDatabase database, ILedgerStore ledger)
{
    private const string Nothing = "none";

    /// <param name="engine">Of the scopes' kind; its set gives the versions, its history tells who is known already.</param>
    public async Task<AdoptReport> AdoptAsync(AdoptRequest request, IMigrationEngine engine, IReadOnlyCollection<Scope> scopes, CancellationToken cancellation)
    {
        await ledger.PrepareAsync(cancellation);
        if (await ledger.StateAsync(request.Environment, cancellation) is { State: not HoldState.Free, Current: { } current })
            return Refused(AdoptProblems.Busy(request.Environment, current.Id.Value));
        // From here to the commit nobody else begins: what is read stays true while it is written.
        await using var adoption = await AdoptionTransaction.BeginAsync(source, request.Environment, cancellation);
        if (adoption is null)
            return Refused(AdoptProblems.Busy(request.Environment, (await ledger.StateAsync(request.Environment, cancellation)).Current?.Id.Value));
        var set = await engine.LoadAsync(cancellation);
        var applied = await engine.AppliedAsync(scopes, cancellation);
        var unadopted = await engine.UnadoptedAsync([.. scopes.Where(scope => applied[scope].IsEmpty)], cancellation);
        var strangers = unadopted.Select(scope => scope.Scope).Order().ToImmutableArray();
        var (found, problems) = request.From is { } tool
            ? await FromAsync(tool, set, strangers, cancellation)
            : await AtAsync(request.At!, set, strangers, [.. scopes], cancellation);
        if (!problems.IsEmpty)
            return new AdoptReport([], [], problems);
        foreach (var scope in found)
            await adoption.WriteAsync(scope, cancellation);
        await adoption.CommitAsync(cancellation);
        return new AdoptReport([.. found.Select(scope => (scope.Scope, scope.Applied.Length))], [.. scopes.Except(strangers).Order()], []);
    }

    private static AdoptReport Refused(Problem problem) => new([], [], [problem]);

    private async Task<(ImmutableArray<AdoptedScope> Found, ImmutableArray<Problem> Problems)> FromAsync(
        string tool, MigrationSet set, ImmutableArray<Scope> scopes, CancellationToken cancellation)
    {
        if (ForeignHistoryTables.Named(tool) is not { } table)
            return ([], [AdoptProblems.UnknownTool(tool)]);
        var found = ImmutableArray.CreateBuilder<AdoptedScope>();
        var without = ImmutableArray.CreateBuilder<Scope>();
        await using var connection = await source.OpenConnectionAsync(cancellation);
        foreach (var scope in scopes)
            if (await ForeignRows.ReadAsync(connection, scope, table, cancellation) is { } rows)
                found.Add(AdoptedScope.Of(scope, set, table.Read(rows)));
            else
                without.Add(scope);
        var problems = Judge(tool, set, found.ToImmutable());
        return (found.ToImmutable(), without.Count == 0 ? problems : problems.Insert(0, AdoptProblems.NoTable(table, without.ToImmutable())));
    }

    private static ImmutableArray<Problem> Judge(string tool, MigrationSet set, ImmutableArray<AdoptedScope> scopes)
    {
        var broken = scopes.Where(scope => scope.Broken is not null).GroupBy(scope => scope.Broken, StringComparer.Ordinal)
            .Select(group => AdoptProblems.Broken(tool, [.. group]));
        var unknown = scopes.Where(scope => !scope.Unknown.IsEmpty).GroupBy(scope => string.Join(' ', scope.Unknown), StringComparer.Ordinal)
            .Select(group => AdoptProblems.UnknownVersion(set, group.First().Unknown, [.. group.Select(scope => scope.Scope)]));
        return [.. broken, .. unknown];
    }

    /// <summary>Stated by a person, proved as far as it can be: tenants at one version have one structure.</summary>
    private async Task<(ImmutableArray<AdoptedScope> Found, ImmutableArray<Problem> Problems)> AtAsync(
        string version, MigrationSet set, ImmutableArray<Scope> strangers, ImmutableArray<Scope> all, CancellationToken cancellation)
    {
        var tenants = strangers.Where(scope => scope is Scope.Tenant).ToImmutableArray();
        if (tenants.Length > 1 && version != Nothing)
        {
            var prints = await database.FingerprintsAsync(tenants, cancellation);
            var groups = tenants.GroupBy(scope => prints[scope.Schema], StringComparer.Ordinal).OrderByDescending(group => group.Count()).Select(group => group.ToImmutableArray()).ToImmutableArray();
            if (groups.Length > 1)
                return ([], [AdoptProblems.Differ(version, groups)]);
        }

        ImmutableArray<AdoptedScope> found =
            [.. strangers.Select(scope => version == Nothing ? new AdoptedScope(scope, [], [], null) : AdoptedScope.UpTo(scope, set, version))];
        return (found, Judge("--at", set, found));
    }
}
