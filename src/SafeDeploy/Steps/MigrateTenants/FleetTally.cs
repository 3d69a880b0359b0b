using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Steps.MigrateTenants;

/// <summary>Done, failed and untouched over all waves; the message a person reads when one tenant stopped the fleet.</summary>
/// <param name="Total">Tenants that were to be migrated.</param>
public sealed record FleetTally(int Total, ImmutableArray<ScopeOutcome> Ended, ImmutableArray<Scope> Untouched)
{
    private const int Named = 40;

    public ImmutableArray<ScopeOutcome> Failed => [.. Ended.Where(outcome => outcome.Problem is not null).OrderBy(outcome => outcome.Scope)];

    public ImmutableArray<ScopeOutcome> Done => [.. Ended.Where(outcome => outcome.Problem is null).OrderBy(outcome => outcome.Scope)];

    /// <summary>The first failure with what it means for the others; the failures after it.</summary>
    public (Problem First, ImmutableArray<Problem> Others) Problems(string wave)
    {
        var failures = Ended.Where(outcome => outcome.Problem is not null).Select(outcome => outcome.Problem!).ToImmutableArray();
        var first = failures[0];
        var untouched = Untouched.IsEmpty
            ? "no tenant was left to begin"
            : string.Create(CultureInfo.InvariantCulture, $"{Untouched.Length} of {Total} tenants {(Untouched.Length == 1 ? "was" : "were")} not begun");
        return (first with
        {
            Untouched = $"{first.Untouched}; {untouched}",
            Now = $"starting no further tenant: stopped in wave \"{wave}\"",
            Evidence = string.Join('\n', new[] { first.Evidence, ByName() }.Where(text => text.Length > 0)),
        }, failures[1..]);
    }

    private string ByName() => string.Join('\n',
        Line("done", [.. Done.Select(outcome => outcome.Scope)]),
        Line("failed", [.. Failed.Select(outcome => outcome.Scope)]),
        Line("untouched", [.. Untouched.Order()]));

    private string Line(string what, ImmutableArray<Scope> scopes)
    {
        var names = string.Join(", ", scopes.Take(Named).Select(scope => scope.Schema));
        var more = scopes.Length > Named ? string.Create(CultureInfo.InvariantCulture, $" and {scopes.Length - Named} more (safe-deploy status)") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{what,-9}  {scopes.Length} of {Total}{(names.Length == 0 ? "" : ": ")}{names}{more}");
    }
}
