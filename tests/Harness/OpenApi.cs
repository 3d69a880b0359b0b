using System.Text.Json;
using System.Text.RegularExpressions;

namespace SafeDeploy.Tests.Harness;

/// <summary>A published OpenAPI document, asked whether a call is as it says.</summary>
public sealed class OpenApi(JsonElement root)
{
    public static OpenApi Load(string path) => new(JsonDocument.Parse(File.ReadAllBytes(path)).RootElement);

    /// <summary>What is wrong with the call; null when nothing is.</summary>
    public string? Wrong(string method, string path, string query, string body)
    {
        if (Find(method, path) is not { } operation)
            return $"{method} {path} is not in the document";
        var known = Parameters(operation).Where(p => p.GetProperty("in").GetString() == "query").ToDictionary(p => p.GetProperty("name").GetString()!, StringComparer.Ordinal);
        foreach (var part in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')[0]))
            if (!known.ContainsKey(part))
                return $"query parameter {part} is not in the document";
        if (!operation.TryGetProperty("requestBody", out var request))
            return body.Length == 0 ? null : "a body is not expected";
        using var document = JsonDocument.Parse(body);
        return Check(Follow(request).GetProperty("content").GetProperty("application/json").GetProperty("schema"), document.RootElement, "$");
    }

    /// <summary>The document's own example of an answer.</summary>
    public string Example(string method, string path, string status)
    {
        var content = Follow(Find(method, path)!.Value.GetProperty("responses").GetProperty(status)).GetProperty("content").GetProperty("application/json");
        return Follow(content.GetProperty("examples").EnumerateObject().First().Value).GetProperty("value").GetRawText();
    }

    private JsonElement? Find(string method, string path)
    {
        // Literal parts win over parameters: issues/comments/{id} before issues/{number}/comments.
        var found = root.GetProperty("paths").EnumerateObject()
            .Where(p => Regex.IsMatch(path, "^" + Regex.Replace(Regex.Escape(p.Name), @"\\\{[^}]+}", "[^/]+") + "$") && p.Value.TryGetProperty(method.ToLowerInvariant(), out _))
            .OrderBy(p => p.Name.Count(c => c == '{')).ToArray();
        return found.Length == 0 ? null : found[0].Value.GetProperty(method.ToLowerInvariant());
    }

    private IEnumerable<JsonElement> Parameters(JsonElement operation) =>
        operation.TryGetProperty("parameters", out var all) ? all.EnumerateArray().Select(Follow) : [];

    private JsonElement Follow(JsonElement element)
    {
        while (element.ValueKind == JsonValueKind.Object && element.TryGetProperty("$ref", out var reference))
            element = reference.GetString()!.Split('/').Skip(1).Aggregate(root, (at, part) => at.GetProperty(part.Replace("~1", "/", StringComparison.Ordinal)));
        return element;
    }

    private string? Check(JsonElement schemaOrReference, JsonElement value, string at)
    {
        var schema = Follow(schemaOrReference);
        foreach (var (word, needed) in new[] { ("oneOf", 1), ("anyOf", 1), ("allOf", int.MaxValue) })
        {
            if (!schema.TryGetProperty(word, out var parts))
                continue;
            var wrong = parts.EnumerateArray().Select(p => Check(p, value, at)).OfType<string>().ToArray();
            if (wrong.Length > 0 && (needed == int.MaxValue || wrong.Length == parts.GetArrayLength()))
                return wrong[0];
        }

        if (value.ValueKind == JsonValueKind.Null && schema.TryGetProperty("nullable", out var nullable) && nullable.GetBoolean())
            return null;
        return TypeWrong(schema, value, at) ?? ValueWrong(schema, value, at)
            ?? (value.ValueKind == JsonValueKind.Object ? ObjectWrong(schema, value, at) : value.ValueKind == JsonValueKind.Array ? ArrayWrong(schema, value, at) : null);
    }

    private static string? TypeWrong(JsonElement schema, JsonElement value, string at) => schema.TryGetProperty("type", out var type) && !(type.GetString() switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "number" => value.ValueKind == JsonValueKind.Number,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => true,
    }) ? $"{at} is no {type.GetString()}" : null;

    private static string? ValueWrong(JsonElement schema, JsonElement value, string at)
    {
        if (schema.TryGetProperty("enum", out var words) && !words.EnumerateArray().Any(w => w.ToString() == value.ToString()))
            return $"{at} is none of {words}";
        if (value.ValueKind != JsonValueKind.String)
            return null;
        var text = value.GetString()!;
        if (schema.TryGetProperty("pattern", out var pattern) && !Regex.IsMatch(text, pattern.GetString()!))
            return $"{at} does not match {pattern}";
        return schema.TryGetProperty("maxLength", out var most) && text.Length > most.GetInt32() ? $"{at} is longer than {most}" : null;
    }

    private string? ObjectWrong(JsonElement schema, JsonElement value, string at)
    {
        if (schema.TryGetProperty("required", out var required) && required.EnumerateArray().FirstOrDefault(r => !value.TryGetProperty(r.GetString()!, out _)) is { ValueKind: JsonValueKind.String } missing)
            return $"{at}.{missing} is missing";
        if (!schema.TryGetProperty("properties", out var properties))
            return null;
        // An alternative that names some members and leaves the others to its parent says so.
        var isOpen = schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind == JsonValueKind.True;
        foreach (var member in value.EnumerateObject())
        {
            // GitHub ignores what it does not know; a member that the document lacks is still our mistake.
            var isKnown = properties.TryGetProperty(member.Name, out var known);
            if (!isKnown && !isOpen)
                return $"{at}.{member.Name} is not in the document";
            if (isKnown && Check(known, member.Value, $"{at}.{member.Name}") is { } wrong)
                return wrong;
        }

        return null;
    }

    private string? ArrayWrong(JsonElement schema, JsonElement value, string at)
    {
        if (schema.TryGetProperty("maxItems", out var most) && value.GetArrayLength() > most.GetInt32())
            return $"{at} has more than {most} items";
        return schema.TryGetProperty("items", out var items)
            ? value.EnumerateArray().Select((item, i) => Check(items, item, $"{at}[{i}]")).FirstOrDefault(wrong => wrong is not null)
            : null;
    }
}
