using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SafeDeploy.Config;

/// <summary>Writes docs/safe-deploy.schema.json from the schema, for editors.</summary>
/// <remarks>The reader is the judge; this accepts a little more (a text with <c>${…}</c> fits everywhere).</remarks>
public static class ConfigJsonSchema
{
    private const string Reference = @"\$\{";

    /// <summary>The whole file; the same schema gives the same text.</summary>
    public static string Json()
    {
        using var buffer = new MemoryStream();
        // The relaxed encoder leaves quotes and dashes of the prose readable; the file is never put into a page.
        var options = new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "http://json-schema.org/draft-07/schema#");
            json.WriteString("title", "safe-deploy.yml");
            Section(json, ConfigSchema.Root, isOverlay: false);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void Section(Utf8JsonWriter json, SectionShape shape, bool isOverlay)
    {
        json.WriteString("type", "object");
        json.WriteBoolean("additionalProperties", false);
        json.WriteStartObject("properties");
        foreach (var field in shape.Fields.Where(f => f.IsBuilt))
        {
            json.WriteStartObject(field.Name);
            json.WriteString("description", field.Prose);
            if (isOverlay)
                OrNull(json, field.Shape);
            else
                Shape(json, field.Shape, isOverlay: false);
            Default(json, field);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        if (!isOverlay)
            Demands(json, shape);
    }

    // An environment takes an inherited key away with null.
    private static void OrNull(Utf8JsonWriter json, FieldShape shape)
    {
        json.WriteStartArray("anyOf");
        json.WriteStartObject();
        json.WriteString("type", "null");
        json.WriteEndObject();
        json.WriteStartObject();
        Shape(json, shape, isOverlay: true);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void Shape(Utf8JsonWriter json, FieldShape shape, bool isOverlay)
    {
        switch (shape)
        {
            case FieldShape.One one:
                Value(json, one.Type);
                break;
            case FieldShape.Many many:
                List(json, many.Least, () => Value(json, many.Item));
                break;
            case FieldShape.Pairs pairs:
                json.WriteString("type", "object");
                Additional(json, () => Value(json, pairs.Value));
                break;
            case FieldShape.Section section:
                Section(json, section.Keys, isOverlay);
                break;
            case FieldShape.Sections sections:
                List(json, 0, () => Section(json, sections.Keys, isOverlay: false));
                break;
            case FieldShape.Overlays:
                json.WriteString("type", "object");
                Additional(json, () => Section(json, ConfigSchema.Overlay, isOverlay: true));
                break;
            default:
                throw new InvalidOperationException($"no schema for {shape}");
        }
    }

    private static void List(Utf8JsonWriter json, int least, Action item)
    {
        json.WriteString("type", "array");
        if (least > 0)
            json.WriteNumber("minItems", least);
        json.WriteStartObject("items");
        item();
        json.WriteEndObject();
    }

    private static void Additional(Utf8JsonWriter json, Action value)
    {
        json.WriteStartObject("additionalProperties");
        value();
        json.WriteEndObject();
    }

    private static void Value(Utf8JsonWriter json, ScalarType type)
    {
        if (type is { Form: JsonForm.Text, Choices.Length: 0, Pattern: null, Range: null })
        {
            Anything(json);
            return;
        }

        json.WriteStartArray("anyOf");
        Alternative(json, () => Plain(json, type));
        if (type is { Form: JsonForm.Text, Range: { } range })
            Alternative(json, () => Whole(json, range));
        if (type.Choices.Length > 0 || type.Pattern is not null || type.Form is not JsonForm.Text)
            Alternative(json, () => Text(json, Reference));
        json.WriteEndArray();
    }

    private static void Plain(Utf8JsonWriter json, ScalarType type)
    {
        if (type.Choices.Length > 0)
            Words(json, type.Choices);
        else if (type is { Form: JsonForm.Whole, Range: { } range })
            Whole(json, range);
        else if (type.Form is JsonForm.Number)
            json.WriteString("type", "number");
        else if (type.Form is JsonForm.YesNo)
            json.WriteString("type", "boolean");
        else if (type.Pattern is { } pattern)
            Text(json, pattern);
        else
            Anything(json);
    }

    private static void Words(Utf8JsonWriter json, ImmutableArray<string> words)
    {
        json.WriteStartArray("enum");
        foreach (var word in words)
            json.WriteStringValue(word);
        json.WriteEndArray();
    }

    private static void Whole(Utf8JsonWriter json, (long Least, long Most) range)
    {
        json.WriteString("type", "integer");
        json.WriteNumber("minimum", range.Least);
        json.WriteNumber("maximum", range.Most);
    }

    private static void Text(Utf8JsonWriter json, string pattern)
    {
        json.WriteString("type", "string");
        json.WriteString("pattern", pattern);
    }

    // YAML reads 1.10 as a number; to the reader it is the text that was written.
    private static void Anything(Utf8JsonWriter json)
    {
        json.WriteStartArray("type");
        json.WriteStringValue("string");
        json.WriteStringValue("number");
        json.WriteStringValue("boolean");
        json.WriteEndArray();
    }

    private static void Alternative(Utf8JsonWriter json, Action write)
    {
        json.WriteStartObject();
        write();
        json.WriteEndObject();
    }

    private static void Default(Utf8JsonWriter json, ConfigField field)
    {
        if (field.Default is not { } written)
            return;
        if (field.Shape is FieldShape.One one)
        {
            json.WritePropertyName("default");
            Literal(json, one.Type, written[0]);
            return;
        }

        json.WriteStartArray("default");
        foreach (var item in written)
            json.WriteStringValue(item);
        json.WriteEndArray();
    }

    private static void Literal(Utf8JsonWriter json, ScalarType type, string text)
    {
        if (type.Form is JsonForm.Text)
            json.WriteStringValue(text);
        else
            json.WriteRawValue(text);
    }

    private static void Demands(Utf8JsonWriter json, SectionShape shape)
    {
        json.WriteStartArray("required");
        foreach (var field in shape.Fields.Where(f => f is { Required: true, IsBuilt: true }))
            json.WriteStringValue(field.Name);
        json.WriteEndArray();
        foreach (var group in shape.Groups.Where(g => g.NeedsOne))
        {
            json.WriteStartArray("oneOf");
            foreach (var key in group.Keys)
            {
                json.WriteStartObject();
                json.WriteStartArray("required");
                json.WriteStringValue(key);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
    }
}
