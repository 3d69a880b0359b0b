using System.Collections.Immutable;
using System.Text.Json;

namespace SafeDeploy.EndToEndTests.Harness;

/// <summary>The world as it is outside the program's own word: read from the server, the engine and the front.</summary>
/// <param name="Versions">Newest applied version per scope.</param>
/// <param name="Structure">Every schema but the ledger's, as <c>pg_dump --schema-only</c> prints it.</param>
/// <param name="Front">Status and version of one answer, e.g. <c>200 v2</c>.</param>
/// <param name="Containers">Role, version, state and image of each container of the service, one a line, in order.</param>
public sealed record Picture(
    ImmutableSortedDictionary<string, string> Versions, string Structure, string Front, string Containers)
{
    /// <summary>Only the containers that run.</summary>
    public string Running => string.Join('\n', Containers.Split('\n').Where(c => c.Contains(" running ", StringComparison.Ordinal)));

    /// <summary>Versions, structure, front and containers: the world is as it was.</summary>
    public static void Same(Picture before, Picture after)
    {
        Assert.Equal(before.Versions, after.Versions);
        Assert.Equal(before.Structure, after.Structure);
        Assert.Equal(before.Front, after.Front);
        Assert.Equal(before.Containers, after.Containers);
    }

    /// <summary>The tenants' newest versions, each once: one element means no mix.</summary>
    public string[] TenantVersions => [.. Versions.Where(v => v.Key != "public").Select(v => v.Value).Distinct()];
}

/// <summary>One release that was played: how the call ended, what the ledger reports of it, and the world on both sides.</summary>
public sealed record Played(string Version, CliResult Result, JsonElement Report, Picture Before, Picture After)
{
    public string? Row => Report.GetProperty("decision") is { ValueKind: JsonValueKind.Object } decision ? decision.GetProperty("row").GetString() : null;

    public string? Conclusion => Report.GetProperty("conclusion").GetString();

    /// <summary>Exit code, conclusion and row of the decision table in one line.</summary>
    public string Ended => $"{Result.ExitCode} {Conclusion} {Row ?? "-"}";
}
