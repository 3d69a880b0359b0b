using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Migrations;

namespace SafeDeploy.Config;

/// <summary>All kinds of single values that <c>safe-deploy.yml</c> has.</summary>
internal static class ScalarTypes
{
    private const string Blank = "it is blank";

    public static readonly ScalarType Text = Plain("text", "text that is not blank", _ => "");

    public static readonly ScalarType Query = Plain("SQL", "one SQL query", _ => "");

    /// <summary>Content of variables, labels and arguments: may be empty.</summary>
    public static readonly ScalarType AnyText = new("text", "text", (string text, out string why) =>
    {
        why = text.Contains('\0', StringComparison.Ordinal) ? "it holds a NUL character" : "";
        return why.Length == 0 ? text : null;
    });

    public static readonly ScalarType HiddenText = new("secret", "text, shown nowhere", (string text, out string why) =>
    {
        why = text.Length == 0 ? Blank : "";
        return why.Length == 0 ? new Secret(text) : null;
    })
    { IsSecret = true };

    /// <summary>A variable's value: often a secret, so never shown; hidden from sinks only where its name says so.</summary>
    public static readonly ScalarType Variable = new("text", "text", (string text, out string why) =>
    {
        why = text.Contains('\0', StringComparison.Ordinal) ? "it holds a NUL character" : "";
        return why.Length == 0 ? new Secret(text) : null;
    });

    public static readonly ScalarType Database = new(
        "address", "postgres://user:password@host:port/database", (string text, out string why) =>
        {
            var url = DatabaseUrl.Read(text);
            why = url.Why;
            return why.Length == 0 ? new DatabaseSettings(new Secret(text), url.Display) : null;
        })
    { IsSecret = true, Pattern = "^postgres(ql)?://" };

    public static readonly ScalarType YesNo = new("true or false", "true or false", (string text, out string why) =>
    {
        why = "";
        return text switch { "true" => true, "false" => false, _ => null };
    })
    { Form = JsonForm.YesNo };

    public static readonly ScalarType Share = Typed(
        "percentage", "a percentage from 0% to 100%, such as 5% or 0.1%", text => Percentage.TryParse(text), @"^\d+(\.\d+)?%$");

    public static readonly ScalarType Size = Typed(
        "size", "a size above 0 such as 512MB or 2GB",
        text => ByteSize.TryParse(text) is { Bytes: > 0 } size ? size : null, @"^\d+(B|KB|MB|GB|TB)$");

    public static readonly ScalarType Cpus = Typed(
        "number", "a number of processors above 0 such as 0.5 or 2",
        text => decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cpus)
            && cpus is > 0 and <= 1024 ? cpus : null) with
    { Form = JsonForm.Number };

    public static readonly ScalarType Latency = Typed(
        "limit", "1.5x (against the baseline) or a duration such as 100ms", ReadLatency, @"^(\d+(\.\d+)?x|\d+(ms|s|m|h))$");

    public static readonly ScalarType Parallel = Typed(
        "number or auto", "auto, or a whole number from 1 to 256",
        text => text == "auto" ? new Parallelism.Auto()
            : Number(text, 1, 256) is { } number ? new Parallelism.Exactly((int)number) : (Parallelism?)null,
        @"^(auto|\d+)$") with
    { Range = (1, 256) };

    public static readonly ScalarType Wave = Typed(
        "wave", "canaries, or a percentage such as 5%",
        text => text == "canaries" ? new WaveSize.Canaries()
            : Percentage.TryParse(text) is { Value: > 0 } share ? new WaveSize.UpTo(share) : (WaveSize?)null,
        @"^(canaries|\d+(\.\d+)?%)$");

    public static readonly ScalarType Tenant = new("schema name", "the name of a tenant's schema", ReadTenant);

    public static readonly ScalarType SchemaPattern = Plain(
        "schema pattern", "a schema's name, where * stands for any text",
        text => text.Length > 63 ? "a schema's name has at most 63 bytes" : "");

    public static readonly ScalarType Table = Typed(
        "table", "schema.table",
        text => text.Split('.') is [{ Length: > 0 }, { Length: > 0 }] ? text : null, @"^[^.]+\.[^.]+$");

    public static ScalarType Duration(TimeSpan least) => Typed(
        "duration",
        least > TimeSpan.Zero
            ? $"a duration from {Config.Duration.Text(least)} to 168h such as 250ms, 5s, 2m or 1h"
            : "a duration of at most 168h such as 250ms, 5s, 2m or 1h",
        text => Config.Duration.TryParse(text) is { } time && time >= least ? time : null, @"^\d+(ms|s|m|h)$");

    public static ScalarType Whole(int least, int most) => Typed(
        "number",
        least == most ? least.ToString(CultureInfo.InvariantCulture) : $"a whole number from {least} to {most}",
        text => Number(text, least, most) is { } number ? (int)number : null) with
    { Form = JsonForm.Whole, Range = (least, most) };

    public static ScalarType Choice<T>(params ImmutableArray<(string Word, T Value)> choices)
        where T : notnull => new("choice", string.Join(", ", choices.Select(c => c.Word)), (string text, out string why) =>
        {
            why = "";
            foreach (var (word, value) in choices)
            {
                if (string.Equals(word, text, StringComparison.Ordinal))
                    return value;
            }

            return null;
        })
        { Choices = [.. choices.Select(c => c.Word)] };

    /// <summary>A text with a rule of its own; <paramref name="objection"/> gives the reason against it, or nothing.</summary>
    public static ScalarType Plain(string name, string accepts, Func<string, string> objection) =>
        new(name, accepts, (string text, out string why) =>
        {
            why = string.IsNullOrWhiteSpace(text) ? Blank
                : text.Contains('\0', StringComparison.Ordinal) ? "it holds a NUL character" : objection(text);
            return why.Length == 0 ? text : null;
        });

    public static ScalarType Typed<T>(string name, string accepts, Func<string, T?> parse, string? pattern = null)
        where T : struct => new(name, accepts, (string text, out string why) =>
        {
            why = "";
            return parse(text) is { } value ? value : null;
        })
        { Pattern = pattern };

    public static ScalarType Typed(string name, string accepts, Func<string, object?> parse, string? pattern = null) =>
        new(name, accepts, (string text, out string why) =>
        {
            why = "";
            return parse(text);
        })
        { Pattern = pattern };

    private static long? Number(string text, long least, long most) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : null;

    private static LatencyLimit? ReadLatency(string text)
    {
        if (!text.EndsWith('x'))
            return Config.Duration.TryParse(text) is { } time && time > TimeSpan.Zero ? new LatencyLimit.Absolute(time) : null;
        return decimal.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var times)
            && times is >= 1 and <= 1000
            ? new LatencyLimit.Baseline(times)
            : null;
    }

    private static TenantSchema? ReadTenant(string text, out string why) => TenantSchema.TryParse(text, out why);
}
