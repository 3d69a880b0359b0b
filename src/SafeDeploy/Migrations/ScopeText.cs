using System.Globalization;

namespace SafeDeploy.Migrations;

/// <summary>How messages name scopes: quoted, and never a screen full of them.</summary>
public static class ScopeText
{
    private const int Shown = 5;

    /// <summary><c>tenant schema "acme"</c>, <c>3 tenant schemas ("a", "b", "c")</c>, or <c>schema "public"</c>.</summary>
    public static string Of(IReadOnlyCollection<Scope> scopes) => scopes.Count == 1
        ? Of(scopes.First())
        : string.Create(CultureInfo.InvariantCulture, $"{scopes.Count} tenant schemas ({Names(scopes)})");

    public static string Of(Scope scope) => scope is Scope.Public ? "schema \"public\"" : $"tenant schema \"{Visible(scope.Schema)}\"";

    /// <summary>The first few names, then how many more there are.</summary>
    public static string Names(IReadOnlyCollection<Scope> scopes) => Names(scopes.Select(scope => scope.Schema), scopes.Count);

    public static string Names(IReadOnlyCollection<string> names) => Names(names, names.Count);

    /// <summary>A name as a message may hold it: on one line, and not a screen long.</summary>
    /// <remarks>Names come from a table that anybody may have written to; a CI host reads commands from the beginnings of lines.</remarks>
    public static string Visible(string name)
    {
        var visible = new string([.. name.Select(c => char.IsControl(c) ? '\uFFFD' : c)]);
        return visible.Length <= 80 ? visible : visible[..79] + "…";
    }

    private static string Names(IEnumerable<string> names, int count)
    {
        var shown = string.Join(", ", names.Take(Shown).Select(name => $"\"{Visible(name)}\""));
        return count <= Shown ? shown : string.Create(CultureInfo.InvariantCulture, $"{shown} and {count - Shown} more");
    }
}
