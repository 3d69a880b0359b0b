using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using SafeDeploy.Reporting;

namespace SafeDeploy.Tests.Reporting;

/// <summary>docs/report.schema.json, made from the types that are written; and a reader of the few words it uses.</summary>
internal static class ReportSchema
{
    public static string Json()
    {
        var schema = SafeDeployJson.Default.DeploymentReport.GetJsonSchemaAsNode(new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true }).AsObject();
        var page = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "safe-deploy report, format 1",
            ["description"] = "What `safe-deploy report --format json` prints. New members may be added; a member that changes its meaning or goes away raises `format`.",
        };
        foreach (var (name, value) in schema.ToArray())
        {
            schema.Remove(name);
            page[name] = value;
        }

        return page.ToJsonString(SafeDeployJson.Default.Options).ReplaceLineEndings("\n") + "\n";
    }

    /// <summary>What of the document is not as the schema says; empty when it fits.</summary>
    public static IEnumerable<string> Faults(JsonNode schema, JsonNode root, JsonNode? value, string path = "$")
    {
        if (schema is not JsonObject rules)
            yield break;
        if (rules["$ref"]?.GetValue<string>() is { } reference)
        {
            foreach (var fault in Faults(Resolve(root, reference), root, value, path))
                yield return fault;
            yield break;
        }

        var types = rules["type"] switch { JsonArray many => many.Select(t => t!.GetValue<string>()).ToArray(), JsonValue one => [one.GetValue<string>()], _ => [] };
        if (types.Length > 0 && !types.Any(type => Fits(type, value)))
            yield return $"{path} is {value?.GetValueKind().ToString() ?? "null"}, not {string.Join(" or ", types)}";
        if (rules["enum"] is JsonArray words && !words.Any(word => JsonNode.DeepEquals(word, value)))
            yield return $"{path} is {value?.ToJsonString() ?? "null"}, none of {words.ToJsonString()}";
        foreach (var required in rules["required"]?.AsArray() ?? [])
            if (value is JsonObject has && !has.ContainsKey(required!.GetValue<string>()))
                yield return $"{path} lacks {required}";
        var inner = value switch
        {
            JsonObject members => members.SelectMany(m => rules["properties"]?[m.Key] is { } rule ? Faults(rule, root, m.Value, $"{path}.{m.Key}") : [$"{path}.{m.Key} is not in the schema"]),
            JsonArray items when rules["items"] is { } item => items.SelectMany((one, i) => Faults(item, root, one, $"{path}[{i}]")),
            _ => [],
        };
        foreach (var fault in inner)
            yield return fault;
    }

    private static JsonNode Resolve(JsonNode root, string reference) =>
        reference.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries)
            .Aggregate(root, (node, part) => node is JsonArray list ? list[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)]! : node[part]!);

    private static bool Fits(string type, JsonNode? value) => (type, value?.GetValueKind() ?? JsonValueKind.Null) switch
    {
        ("null", JsonValueKind.Null) or ("object", JsonValueKind.Object) or ("array", JsonValueKind.Array) or ("string", JsonValueKind.String)
            or ("number" or "integer", JsonValueKind.Number) or ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
        _ => false,
    };
}
