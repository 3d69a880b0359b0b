using System.Collections.Immutable;

namespace SafeDeploy.Config;

/// <summary>The part of a configuration that a judgement of files needs: <c>risk:</c>, an environment's too.</summary>
/// <remarks>What the rest asks for, a database's address and other secrets, a pull request does not have: from a fork it never can.</remarks>
public static class RiskSection
{
    private static readonly string[] Kept = ["version", "project", "risk"];

    // Required keys that nobody asks for here.
    private static readonly ImmutableArray<ConfigInput> StandIns =
    [
        new("(not asked)", "database.url", "postgres://nobody@nowhere/nothing"),
        new("(not asked)", "migrations.public.engine", "sql"),
        new("(not asked)", "migrations.public.path", "."),
    ];

    /// <summary>True when nothing but variables that are not set keeps the whole file from being read.</summary>
    public static bool IsEnough(ConfigReading whole) =>
        whole is { Config: null, Omitted: 0 } && whole.Problems.All(p => p.Code == ConfigProblems.MissingVariable.Code);

    /// <summary>The same file without what is not asked for; of its outcome only the risk settings mean anything.</summary>
    public static ConfigReading Read(ConfigNode root, ConfigRequest request) =>
        ConfigReader.Read(root is ConfigNode.Mapping file ? Only(file) : root, request with { Inputs = StandIns });

    private static ConfigNode.Mapping Only(ConfigNode.Mapping file) => file with
    {
        Entries = [.. file.Entries.Where(e => Kept.Contains(e.Key) || e.Key == "environments").Select(e => e.Key == "environments" ? e with { Value = OfEach(e.Value) } : e)],
    };

    private static ConfigNode OfEach(ConfigNode environments) => environments is ConfigNode.Mapping all
        ? all with { Entries = [.. all.Entries.Select(e => e.Value is ConfigNode.Mapping own ? e with { Value = own with { Entries = [.. own.Entries.Where(k => k.Key == "risk")] } } : e)] }
        : environments;
}
