using System.Text.Json;
using System.Text.RegularExpressions;

namespace SafeDeploy.Tests.Harness;

/// <summary>Swagger 2.0 documents, asked whether a call is as one of them says. A member that no document knows is our mistake.</summary>
public sealed class SwaggerDocuments(params JsonElement[] roots)
{
    public static SwaggerDocuments Load(IEnumerable<string> paths) => new([.. paths.Select(p => JsonDocument.Parse(File.ReadAllBytes(p)).RootElement)]);

    /// <summary>Every call that the documents know, as <c>METHOD /path</c>.</summary>
    public IEnumerable<string> Calls =>
        from root in roots
        from path in root.GetProperty("paths").EnumerateObject()
        from method in path.Value.EnumerateObject()
        select $"{method.Name.ToUpperInvariant()} {path.Name}";

    /// <summary>What is wrong with the call; null when nothing is.</summary>
    public string? Wrong(string method, string path, string query, string body, string? contentType)
    {
        if (Find(method, path) is not var (root, operation))
            return $"{method} {path} is in no document";
        var parameters = operation.GetProperty("parameters").EnumerateArray().Select(p => Follow(root, p)).ToArray();
        var asked = query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')[0]).ToHashSet(StringComparer.Ordinal);
        if (!asked.Contains("api-version"))
            return "api-version is missing";
        var known = parameters.Where(p => In(p) == "query").Select(p => p.GetProperty("name").GetString()!).ToHashSet(StringComparer.Ordinal);
        if (asked.FirstOrDefault(a => !known.Contains(a) && a != "api-version") is { } unknown)
            return $"query parameter {unknown} is not in the document";
        if (parameters.FirstOrDefault(p => In(p) == "body") is not { ValueKind: JsonValueKind.Object } expected)
            return body.Length == 0 ? null : "a body is not expected";
        var consumes = operation.GetProperty("consumes").EnumerateArray().Select(c => c.GetString()!).ToArray();
        if (contentType is null || !consumes.Contains(contentType.Split(';')[0]))
            return $"content type {contentType} is none of {string.Join(", ", consumes)}";
        using var document = JsonDocument.Parse(body);
        // A known error of the document: a patch is an array of its operations, not an object without any member.
        return contentType.StartsWith("application/json-patch+json", StringComparison.Ordinal) && root.GetProperty("definitions").TryGetProperty("JsonPatchOperation", out var operationSchema)
            ? document.RootElement.EnumerateArray().Select((o, i) => Check(root, operationSchema, o, $"$[{i}]")).FirstOrDefault(wrong => wrong is not null)
            : Check(root, expected.GetProperty("schema"), document.RootElement, "$");
    }

    private static string? In(JsonElement parameter) => parameter.TryGetProperty("in", out var place) ? place.GetString() : null;

    private (JsonElement Root, JsonElement Operation)? Find(string method, string path)
    {
        var found = (
            from root in roots
            from one in root.GetProperty("paths").EnumerateObject()
            where Regex.IsMatch(path, "^" + Regex.Replace(Regex.Escape(one.Name), @"\\\{[^}]+}", "[^/]+") + "$", RegexOptions.IgnoreCase)
            where one.Value.TryGetProperty(method.ToLowerInvariant(), out _)
            orderby one.Name.Count(c => c == '{')
            select (root, one.Value.GetProperty(method.ToLowerInvariant()))).Take(1).ToArray();
        return found.Length == 0 ? null : found[0];
    }

    private static JsonElement Follow(JsonElement root, JsonElement element)
    {
        while (element.ValueKind == JsonValueKind.Object && element.TryGetProperty("$ref", out var reference))
            element = reference.GetString()!.Split('/').Skip(1).Aggregate(root, (at, part) => at.GetProperty(part));
        return element;
    }

    private static string? Check(JsonElement root, JsonElement schemaOrReference, JsonElement value, string at)
    {
        var schema = Follow(root, schemaOrReference);
        if (value.ValueKind == JsonValueKind.Array)
            return schema.TryGetProperty("items", out var items)
                ? value.EnumerateArray().Select((item, i) => Check(root, items, item, $"{at}[{i}]")).FirstOrDefault(wrong => wrong is not null)
                : $"{at} is no array in the document";
        if (value.ValueKind != JsonValueKind.Object)
            return ScalarWrong(schema, value, at);
        var members = Members(root, schema);
        foreach (var member in value.EnumerateObject())
        {
            if (!members.TryGetValue(member.Name, out var known))
                return $"{at}.{member.Name} is not in the document";
            // A known error of the document: the value of a patch may be anything.
            if (members.ContainsKey("op") && member.Name == "value")
                continue;
            if (Check(root, known, member.Value, $"{at}.{member.Name}") is { } wrong)
                return wrong;
        }

        return null;
    }

    private static Dictionary<string, JsonElement> Members(JsonElement root, JsonElement schema)
    {
        var all = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (schema.TryGetProperty("allOf", out var parts))
            foreach (var member in parts.EnumerateArray().SelectMany(p => Members(root, Follow(root, p))))
                all[member.Key] = member.Value;
        if (schema.TryGetProperty("properties", out var own))
            foreach (var member in own.EnumerateObject())
                all[member.Name] = member.Value;
        return all;
    }

    private static string? ScalarWrong(JsonElement schema, JsonElement value, string at)
    {
        if (schema.TryGetProperty("enum", out var words) && !words.EnumerateArray().Any(w => w.ToString() == value.ToString()))
            return $"{at} \"{value}\" is none of {words}";
        var type = schema.TryGetProperty("type", out var named) ? named.GetString() : null;
        var fits = type switch
        {
            "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            "string" => value.ValueKind == JsonValueKind.String,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            null => true,
            _ => false,
        };
        return fits ? null : $"{at} is no {type}";
    }
}
