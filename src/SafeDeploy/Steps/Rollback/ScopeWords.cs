using System.Globalization;
using SafeDeploy.Migrations;

namespace SafeDeploy.Steps.Rollback;

/// <summary>Scopes in words: <c>public and 19 tenants</c>, <c>tenant "acme"</c>.</summary>
internal static class ScopeWords
{
    public static string Count(IEnumerable<Scope> scopes)
    {
        var all = scopes.ToArray();
        var tenants = all.Where(s => s is Scope.Tenant).ToArray();
        var hasPublic = tenants.Length < all.Length;
        var words = tenants.Length switch
        {
            0 => "",
            1 => $"tenant \"{tenants[0].Schema}\"",
            _ => string.Create(CultureInfo.InvariantCulture, $"{tenants.Length} tenants"),
        };
        return (hasPublic, words) switch
        {
            (true, "") => "public",
            (true, _) => $"public and {words}",
            (false, "") => "no scope",
            _ => words,
        };
    }
}
