using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Migrations;
using static SafeDeploy.Steps.Preflight.PreflightProblems;

namespace SafeDeploy.Steps.Preflight.Checks;

/// <summary>Tenants at one version have one structure; what differs was changed by hand, past the migrations.</summary>
internal sealed class TenantsAreAlike : IPreflightCheck
{
    private const int Named = 5;
    private const int LinesShown = 6;

    public string Name => "drift between tenants";

    public async Task<IReadOnlyList<PreflightFinding>> CheckAsync(PreflightSubject subject, CancellationToken cancellation)
    {
        if (subject.Fleet is not { } fleet || fleet.Pending.Count < 2)
            return [new PreflightFinding.Good("fewer than two tenants to compare")];
        var prints = await subject.Database.FingerprintsAsync([.. fleet.Pending.Keys], cancellation);
        var odd = Strangers(fleet, prints);
        if (odd.IsEmpty)
            return [new PreflightFinding.Good($"{prints.Count} schemas, built alike where they are at one version")];
        return [await FoundAsync(subject, odd, cancellation)];
    }

    internal sealed record Stranger(Scope Scope, Scope Usual);

    /// <summary>The tenants that differ from most of those at their version, each with one of these; pure.</summary>
    internal static ImmutableArray<Stranger> Strangers(FleetHistory fleet, ImmutableSortedDictionary<string, string> prints) =>
    [
        .. fleet.Pending
            .GroupBy(scope => string.Join(' ', scope.Value.Select(m => m.Version.Text)), scope => scope.Key)
            .SelectMany(version => Odd([.. version], prints)),
    ];

    /// <summary>Whoever is not built as most of those at the same version.</summary>
    private static IEnumerable<Stranger> Odd(ImmutableArray<Scope> scopes, ImmutableSortedDictionary<string, string> prints)
    {
        var groups = scopes.GroupBy(scope => prints.GetValueOrDefault(scope.Schema, ""))
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Min()).Select(group => group.Order().ToArray()).ToArray();
        return groups.Skip(1).SelectMany(group => group.Select(scope => new Stranger(scope, groups[0][0])));
    }

    private static async Task<PreflightFinding> FoundAsync(PreflightSubject subject, ImmutableArray<Stranger> odd, CancellationToken cancellation)
    {
        var names = string.Join(", ", odd.Take(Named).Select(o => $"\"{o.Scope}\""));
        var what = string.Create(
            CultureInfo.InvariantCulture, $"{odd.Length} of {subject.Fleet!.Pending.Count} tenants are not built like the others at their version: {names}{(odd.Length > Named ? ", …" : "")}");
        var evidence = await DifferenceAsync(subject, odd[0], cancellation);
        const string Next = "make the schema as the migrations made it, or put the change into a migration; to go on as it is: --accept-drift --reason \"…\"";
        return subject.AcceptsDrift
            ? new PreflightFinding.Warning(Warned(Drift, what, subject.Database.Display, Next, evidence))
            : new PreflightFinding.Refusal(Found(Drift, what, subject.Database.Display, Next, evidence));
    }

    /// <summary>The first stranger's objects against those of a usual tenant.</summary>
    private static async Task<string> DifferenceAsync(PreflightSubject subject, Stranger stranger, CancellationToken cancellation)
    {
        var has = await subject.Database.StructureAsync(stranger.Scope, cancellation);
        var usual = await subject.Database.StructureAsync(stranger.Usual, cancellation);
        var lines = has.Except(usual).Select(line => $"\"{stranger.Scope}\" has    {line}")
            .Concat(usual.Except(has).Select(line => $"\"{stranger.Scope}\" lacks  {line}")).ToArray();
        var shown = string.Join('\n', lines.Take(LinesShown));
        return lines.Length > LinesShown ? string.Create(CultureInfo.InvariantCulture, $"{shown}\n… and {lines.Length - LinesShown} more") : shown;
    }
}
