using SafeDeploy.Tests.Architecture;

namespace SafeDeploy.Tests.Config;

/// <summary>Whatever is done to a file, the answer is a configuration or a list of problems, each with its five parts.</summary>
public sealed class ConfigMutationTests
{
    private const string Alphabet = "abz019 \t\n\r:-,[]{}#&*!|>'\"%@`?$\\~.=<\u0000\u0085\u2028é\ud83d\ude00";

    private static readonly Dictionary<string, string> Variables = new() { ["VERSION"] = "v1", ["DATABASE_URL"] = "postgres://o:p@h/d" };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_file_changed_at_random_characters_is_read_or_refused(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 400; round++)
        {
            var text = Example().ToCharArray().ToList();
            for (var change = random.Next(1, 6); change > 0; change--)
                Change(text, random);
            Answered(string.Concat(text), random.Next(3) == 0 ? "prod" : null);
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void A_file_with_lines_and_values_swapped_is_read_or_refused(int seed)
    {
        var random = new Random(seed);
        string[] values = ["null", "~", "", "[]", "{}", "[ [ ] ]", "{ a: b }", "-1", "99999999999999999999", "true", "5%", "\"\"", "'${X}'", "*a", "!x y", "1e9", "0s", "x:"];
        for (var round = 0; round < 400; round++)
        {
            var lines = Example().Split('\n').ToList();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var at = random.Next(lines.Count);
                var colon = lines[at].IndexOf(':', StringComparison.Ordinal);
                if (random.Next(3) == 0)
                    (lines[at], lines[^1]) = (lines[^1], lines[at]);
                else if (random.Next(3) == 0)
                    lines.RemoveAt(at);
                else if (colon > 0)
                    lines[at] = lines[at][..(colon + 1)] + " " + values[random.Next(values.Length)];
            }

            Answered(string.Join('\n', lines), "dev");
        }
    }

    private static string Example() => Repository.Read("tests/SafeDeploy.Tests/Config/full-example.yml");

    private static void Change(List<char> text, Random random)
    {
        var at = random.Next(text.Count);
        switch (random.Next(4))
        {
            case 0: text.RemoveAt(at); break;
            case 1: text.Insert(at, Alphabet[random.Next(Alphabet.Length)]); break;
            case 2: text[at] = Alphabet[random.Next(Alphabet.Length)]; break;
            default: text.RemoveRange(at, Math.Min(text.Count - at, random.Next(40))); break;
        }
    }

    private static void Answered(string text, string? environment)
    {
        var reading = Yml.Read(text, environment, Variables);
        Assert.True(reading.Config is null == reading.Problems.Length > 0, text);
        foreach (var problem in reading.Problems)
            Assert.DoesNotContain("", new[] { problem.What, problem.Where, problem.Untouched, problem.Now, problem.Next });
    }
}
