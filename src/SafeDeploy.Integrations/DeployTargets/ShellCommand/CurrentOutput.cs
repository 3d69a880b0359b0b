using System.Text.Json;
using System.Text.Json.Serialization;

namespace SafeDeploy.Integrations.DeployTargets.ShellCommand;

/// <summary>What the program <c>current</c> prints (docs/guides/command-target.md).</summary>
public sealed record CurrentOutput(string? Serving, CurrentSlot[] Slots, bool Held = false, Uri? Front = null)
{
    public static CurrentOutput Nothing { get; } = new(null, []);

    /// <summary>Empty text is a target that holds no release yet.</summary>
    public static CurrentOutput Parse(string text, string program)
    {
        if (string.IsNullOrWhiteSpace(text))
            return Nothing;
        try
        {
            var current = JsonSerializer.Deserialize(text, CurrentJson.Default.CurrentOutput);
            return (current is null ? "it is null" : current.Complaint()) is { } complaint
                ? throw Odd(complaint, text, program)
                : current! with { Serving = current.Serving is "" ? null : current.Serving };
        }
        catch (JsonException failure)
        {
            // The parser's own message speaks of our types, not of the reader's JSON.
            throw Odd($"a member is missing, or no value of its kind, at {failure.Path ?? "$"} (line {(failure.LineNumber ?? 0) + 1})", text, program);
        }
    }

    private static Problems.ProblemException Odd(string why, string text, string program) =>
        TargetProblems.PrintedSomethingElse("current", why, program, text.Length > 2000 ? text[..2000] : text);

    public CurrentSlot? Slot(string name) => Array.Find(Slots, s => s.Slot == name);

    private string? Complaint()
    {
        if (Serving is not (null or "" or "blue" or "green"))
            return $"serving is \"{Serving}\", neither blue nor green";
        if (Array.Find(Slots, s => s.Slot is not ("blue" or "green")) is { } odd)
            return $"slot \"{odd.Slot}\" is neither blue nor green";
        if (Slots.DistinctBy(s => s.Slot).Count() < Slots.Length)
            return "a slot is listed twice";
        var relative = Slots.SelectMany(s => s.Instances ?? []).FirstOrDefault(i => !IsHttp(i.Address));
        if (relative is not null)
            return $"the address of \"{relative.Name}\" is not http://host:port";
        return Front is not null && !IsHttp(Front) ? "front is not http://host:port" : null;
    }

    private static bool IsHttp(Uri address) => address.IsAbsoluteUri && address.Scheme is "http" or "https";
}

public sealed record CurrentSlot(
    string Slot, string Version, string? Image = null, string? Digest = null, string? Deployment = null, string? Spec = null, int Workers = 0, CurrentInstance[]? Instances = null);

public sealed record CurrentInstance(string Name, Uri Address, string Phase = "running", int? ExitCode = null, int Restarts = 0, string? Log = null);

/// <summary>The facts of a release as <c>SAFE_DEPLOY_SPEC</c> and the ledger hold them.</summary>
public sealed record CommandSpec(string Slot, string Version, string? Image, string? Digest, string Deployment);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CurrentOutput))]
public sealed partial class CurrentJson : JsonSerializerContext;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CommandSpec))]
public sealed partial class CommandSpecJson : JsonSerializerContext;
