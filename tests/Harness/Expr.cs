using System.Globalization;
using System.Text.Json;

namespace SafeDeploy.Tests.Harness;

/// <summary>The expressions of a workflow: literals, contexts, operators and the few functions that conditions use.</summary>
/// <param name="contexts">By name, lower case; a name that is not among them fails the step.</param>
public sealed class Expr(IReadOnlyDictionary<string, object?> contexts, IReadOnlyDictionary<string, Func<object?>> status)
{
    private static readonly string[] Operators = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", ",", ".", "[", "]"];

    private List<string> _tokens = [];
    private int _at;

    /// <summary>Text with <c>${{ }}</c> in it.</summary>
    public string Text(string template)
    {
        var text = template;
        for (var start = text.IndexOf("${{", StringComparison.Ordinal); start >= 0; start = text.IndexOf("${{", start, StringComparison.Ordinal))
        {
            var end = text.IndexOf("}}", start, StringComparison.Ordinal);
            var value = AsText(Value(text[(start + 3)..end]));
            text = text[..start] + value + text[(end + 2)..];
            start += value.Length;
        }

        return text;
    }

    public bool Condition(string expression) => Truth(Value(Bare(expression)));

    /// <summary>A step's <c>if</c> without a status function is <c>success() &amp;&amp; (…)</c>; a post's is taken as it is.</summary>
    public static string OfStep(string? condition) =>
        condition is null ? "success()" : new[] { "success()", "failure()", "cancelled()", "always()" }.Any(f => condition.Contains(f, StringComparison.OrdinalIgnoreCase)) ? condition : $"success() && ({Bare(condition)})";

    public object? Value(string expression)
    {
        _tokens = Tokens(expression);
        _at = 0;
        var value = Or();
        return _at == _tokens.Count ? value : throw new FormatException($"\"{_tokens[_at]}\" is not expected in {expression}");
    }

    public static string AsText(object? value) => value switch
    {
        null => "",
        bool b => b ? "true" : "false",
        double d => d.ToString(CultureInfo.InvariantCulture),
        string s => s,
        _ => "Object",
    };

    private static string Bare(string expression) =>
        expression.Trim() is var e && e.StartsWith("${{", StringComparison.Ordinal) && e.EndsWith("}}", StringComparison.Ordinal) ? e[3..^2] : e;

    private object? Or()
    {
        var left = And();
        while (Take("||"))
        {
            var right = And();
            left = Truth(left) ? left : right;
        }

        return left;
    }

    private object? And()
    {
        var left = Compare();
        while (Take("&&"))
        {
            var right = Compare();
            left = Truth(left) ? right : left;
        }

        return left;
    }

    private object? Compare()
    {
        var left = Unary();
        foreach (var op in new[] { "==", "!=", "<=", ">=", "<", ">" })
        {
            if (!Take(op))
                continue;
            var right = Unary();
            return op switch
            {
                "==" => Same(left, right),
                "!=" => !Same(left, right),
                "<" => Number(left) < Number(right),
                ">" => Number(left) > Number(right),
                "<=" => Number(left) <= Number(right),
                _ => Number(left) >= Number(right),
            };
        }

        return left;
    }

    private object? Unary() => Take("!") ? !Truth(Unary()) : Access(Primary());

    private object? Access(object? value)
    {
        while (true)
        {
            if (Take("."))
                value = Property(value, Next());
            else if (Take("["))
            {
                value = Property(value, AsText(Or()));
                Expect("]");
            }
            else
                return value;
        }
    }

    private object? Primary()
    {
        if (Take("("))
        {
            var inner = Or();
            Expect(")");
            return inner;
        }

        var token = Next();
        if (token[0] == '\'')
            return token[1..^1].Replace("''", "'", StringComparison.Ordinal);
        if (double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return number;
        if (token is "true" or "false" or "null")
            return token == "null" ? null : token == "true";
        return Take("(") ? Call(token.ToLowerInvariant()) : Context(token.ToLowerInvariant());
    }

    private object? Context(string name) =>
        contexts.TryGetValue(name, out var context) ? context : throw new FormatException($"Unrecognized named-value: '{name}'");

    private object? Call(string name)
    {
        var arguments = new List<object?>();
        while (!Take(")"))
        {
            arguments.Add(Or());
            Take(",");
        }

        if (status.TryGetValue(name, out var said))
            return said();
        var text = arguments.Select(AsText).ToArray();
        return name switch
        {
            "contains" => text[0].Contains(text[1], StringComparison.OrdinalIgnoreCase),
            "startswith" => text[0].StartsWith(text[1], StringComparison.OrdinalIgnoreCase),
            "endswith" => text[0].EndsWith(text[1], StringComparison.OrdinalIgnoreCase),
            "format" => string.Format(CultureInfo.InvariantCulture, text[0], [.. text.Skip(1)]),
            "tojson" => JsonSerializer.Serialize(arguments[0]),
            _ => throw new FormatException($"Unrecognized function: '{name}'"),
        };
    }

    private static object? Property(object? value, string name) => value is IEnumerable<KeyValuePair<string, object?>> map
        ? map.FirstOrDefault(e => string.Equals(e.Key, name, StringComparison.OrdinalIgnoreCase)).Value
        : null;

    private static bool Truth(object? value) => value switch { null => false, bool b => b, string s => s.Length > 0, double d => d != 0 && !double.IsNaN(d), _ => true };

    private static bool Same(object? left, object? right) => (left, right) switch
    {
        (string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase),
        (null, null) => true,
        _ => Number(left).Equals(Number(right)) && !double.IsNaN(Number(left)),
    };

    private static double Number(object? value) => value switch
    {
        null => 0,
        bool b => b ? 1 : 0,
        double d => d,
        string s when s.Trim().Length == 0 => 0,
        string s when double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => double.NaN,
    };

    private string Next() => _at < _tokens.Count ? _tokens[_at++] : throw new FormatException("the expression ends too early");

    private bool Take(string token)
    {
        if (_at >= _tokens.Count || _tokens[_at] != token)
            return false;
        _at++;
        return true;
    }

    private void Expect(string token)
    {
        if (!Take(token))
            throw new FormatException($"\"{token}\" is missing");
    }

    private static List<string> Tokens(string text)
    {
        var tokens = new List<string>();
        for (var i = 0; i < text.Length;)
        {
            var start = i;
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
                continue;
            }

            if (text[i] == '\'')
            {
                for (i++; i < text.Length && (text[i] != '\'' || (i + 1 < text.Length && text[i + 1] == '\'')); i++)
                    if (text[i] == '\'')
                        i++;
                i++;
            }
            else if (Operators.FirstOrDefault(o => text.AsSpan(start).StartsWith(o, StringComparison.Ordinal)) is { } op)
                i += op.Length;
            else
                while (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] is '_' or '-' || (text[i] == '.' && char.IsDigit(text[start]))))
                    i++;
            if (i == start)
                throw new FormatException($"'{text[i]}' is not expected in {text}");
            tokens.Add(text[start..i]);
        }

        return tokens;
    }
}
