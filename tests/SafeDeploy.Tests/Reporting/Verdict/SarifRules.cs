using System.Text.Json;

namespace SafeDeploy.Tests.Reporting.Verdict;

/// <summary>The rules of the SARIF 2.1.0 schema (OASIS) for the objects that are written here: every object is closed, with its required members and its values.</summary>
internal static class SarifRules
{
    private sealed record Shape(string[] Required, Dictionary<string, string> Members);

    // "text", "number>=1", "a|b", "[shape]" and "shape"; an object of texts is "texts".
    private static readonly Dictionary<string, Shape> Shapes = new(StringComparer.Ordinal)
    {
        ["sarif"] = new(["version", "runs"], new() { ["$schema"] = "uri", ["version"] = "2.1.0", ["runs"] = "[run]" }),
        ["run"] = new(["tool"], new() { ["tool"] = "tool", ["results"] = "[result]", ["columnKind"] = "utf16CodeUnits|unicodeCodePoints" }),
        ["tool"] = new(["driver"], new() { ["driver"] = "driver" }),
        ["driver"] = new(["name"], new() { ["name"] = "text", ["rules"] = "[rule]" }),
        ["rule"] = new(["id"], new()
        {
            ["id"] = "text",
            ["shortDescription"] = "message",
            ["fullDescription"] = "message",
            ["help"] = "message",
            ["helpUri"] = "uri",
            ["defaultConfiguration"] = "configuration",
        }),
        ["configuration"] = new([], new() { ["level"] = "none|note|warning|error" }),
        ["message"] = new(["text"], new() { ["text"] = "text" }),
        ["result"] = new(["message"], new()
        {
            ["ruleId"] = "text",
            ["ruleIndex"] = "number>=-1",
            ["level"] = "none|note|warning|error",
            ["message"] = "message",
            ["locations"] = "[location]",
            ["partialFingerprints"] = "texts",
            ["suppressions"] = "[suppression]",
        }),
        ["location"] = new([], new() { ["physicalLocation"] = "physicalLocation" }),
        ["physicalLocation"] = new([], new() { ["artifactLocation"] = "artifactLocation", ["region"] = "region" }),
        ["artifactLocation"] = new([], new() { ["uri"] = "uri" }),
        ["region"] = new([], new() { ["startLine"] = "number>=1", ["startColumn"] = "number>=1", ["endLine"] = "number>=1" }),
        ["suppression"] = new(["kind"], new() { ["kind"] = "inSource|external", ["justification"] = "text" }),
    };

    public static void Verify(JsonElement document)
    {
        Check(document, "sarif", "$");
        foreach (var run in document.GetProperty("runs").EnumerateArray())
            foreach (var result in run.GetProperty("results").EnumerateArray())
                Assert.Equal(result.GetProperty("ruleId").GetString(), run.GetProperty("tool").GetProperty("driver").GetProperty("rules")[result.GetProperty("ruleIndex").GetInt32()].GetProperty("id").GetString());
    }

    private static void Check(JsonElement element, string kind, string path)
    {
        if (kind.StartsWith('['))
        {
            Assert.True(element.ValueKind == JsonValueKind.Array, path);
            foreach (var (item, i) in element.EnumerateArray().Select((item, i) => (item, i)))
                Check(item, kind[1..^1], $"{path}[{i}]");
        }
        else if (Shapes.TryGetValue(kind, out var shape))
            CheckObject(element, shape, path);
        else
            Assert.True(IsValue(element, kind), $"{path} is {element}, not {kind}");
    }

    private static void CheckObject(JsonElement element, Shape shape, string path)
    {
        Assert.True(element.ValueKind == JsonValueKind.Object, path);
        Assert.All(shape.Required, name => Assert.True(element.TryGetProperty(name, out _), $"{path} lacks {name}"));
        foreach (var member in element.EnumerateObject())
        {
            Assert.True(shape.Members.TryGetValue(member.Name, out var kind), $"{path}.{member.Name} is not in the schema");
            Check(member.Value, kind, $"{path}.{member.Name}");
        }
    }

    private static bool IsValue(JsonElement element, string kind) => kind switch
    {
        "text" => element.ValueKind == JsonValueKind.String && element.GetString()!.Length > 0,
        "uri" => element.ValueKind == JsonValueKind.String && Uri.IsWellFormedUriString(element.GetString(), UriKind.RelativeOrAbsolute),
        "texts" => element.ValueKind == JsonValueKind.Object && element.EnumerateObject().All(m => m.Value.ValueKind == JsonValueKind.String),
        _ when kind.StartsWith("number>=", StringComparison.Ordinal) => element.ValueKind == JsonValueKind.Number && element.GetInt32() >= int.Parse(kind[8..], System.Globalization.CultureInfo.InvariantCulture),
        _ => element.ValueKind == JsonValueKind.String && kind.Split('|').Contains(element.GetString()),
    };
}
