
namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>Who serves and whether traffic is held: two lines that the front looks up for every request.</summary>
/// <param name="Serving">A slot, or null for nobody.</param>
public sealed record FrontMap(string? Serving, bool Held)
{
    public const string Path = HaproxyConfig.Folder + "/front.map";
    public const string Front = "front";
    public const string ServingKey = "serving";
    public const string HeldKey = "held";
    public const string Nobody = "nobody";

    /// <summary>The file that a restart of the front reads.</summary>
    public string Text() => $"{ServingKey} {Serving ?? Nobody}\n{HeldKey} {Yes(Held)}\n";

    /// <summary>The same for the running front. A hold begins first and ends last, so that no request slips between.</summary>
    public string Commands()
    {
        var serving = $"set map {Path} {ServingKey} {Serving ?? Nobody}";
        var held = $"set map {Path} {HeldKey} {Yes(Held)}";
        return Held ? $"{held};{serving}" : $"{serving};{held}";
    }

    /// <summary>Reads the file, or the front's own print of it, where an address precedes each line.</summary>
    public static FrontMap Parse(string front, string text)
    {
        var words = text.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Where(line => line.Length >= 2).ToLookup(line => line[^2], line => line[^1], StringComparer.Ordinal);
        var serving = words[ServingKey].FirstOrDefault() ?? throw TargetProblems.FrontIsSilent(front, "it does not say who serves");
        return new FrontMap(serving == Nobody ? null : serving, words[HeldKey].FirstOrDefault() == "yes");
    }

    private static string Yes(bool value) => value ? "yes" : "no";
}
