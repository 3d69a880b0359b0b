using System.Collections.Immutable;

namespace SafeDeploy.Cli.Terminal;

/// <summary>What a shim hands over that no program started by this one may inherit: tokens, and the secret variables of a pipeline. Pure.</summary>
/// <param name="Variables">The environment as the program sees it: without what was handed over, with the secrets under their own names.</param>
/// <param name="Values">By name without the prefix.</param>
public sealed record HandedOver(ImmutableDictionary<string, string> Variables, ImmutableDictionary<string, string> Values)
{
    public const string Prefix = "SAFE_DEPLOY_HANDED_";

    private const string Secret = "SECRET_";

    public static HandedOver Of(ImmutableDictionary<string, string> environment)
    {
        var handed = environment.Where(e => e.Key.StartsWith(Prefix, StringComparison.Ordinal)).ToImmutableDictionary(e => e.Key[Prefix.Length..], e => e.Value, StringComparer.Ordinal);
        var seen = environment.RemoveRange(handed.Keys.Select(k => Prefix + k));
        // What the author maps by hand wins.
        foreach (var (name, value) in handed.Where(h => h.Key.StartsWith(Secret, StringComparison.Ordinal)))
            if (!seen.ContainsKey(name[Secret.Length..]))
                seen = seen.Add(name[Secret.Length..], value);
        return new HandedOver(seen, handed);
    }
}
