using System.Net;
using System.Text.RegularExpressions;

namespace SafeDeploy.EndToEndTests.Harness;

/// <summary>Takes out of a text what differs from run to run: names, times, digests, ports, and the order of the slowest scopes.</summary>
public static partial class Normal
{
    public static string Text(string text, Sample sample)
    {
        text = Replace(text, sample.Names);
        text = Slowest().Replace(text, "");
        text = Digest().Replace(text, "sha256:DIGEST");
        text = Time().Replace(text, "TIME");
        text = After().Replace(text, "+0:00:00");
        text = Age().Replace(text, "$1 AGE ago");
        text = Sessions().Replace(text, "N sessions of the former process");
        text = Rounds().Replace(text, "in N rounds");
        text = SoakedFor().Replace(text, "after N s of soak");
        text = Patience().Replace(text, "no answer within N s");
        text = Instance().Replace(text, "SERVICE-$1-N");
        text = StepTime().Replace(text, " 0.0 s");
        text = TimeInBrackets().Replace(text, "(0.0 s)");
        text = Duration().Replace(text, "0 $1");
        text = Deployment().Replace(text, "DEPLOYMENT");
        text = Container().Replace(text, "CONTAINER");
        text = InTransaction().Replace(text, "in its transaction for N s");
        text = Ended().Replace(text, "pg_terminate_backend(PID)");
        return Process().Replace(text, "$1 PID");
    }

    /// <summary>Markdown as its reader sees it; which schema took longest differs too.</summary>
    public static string Markdown(string markdown, Sample sample)
    {
        var lines = Text(WebUtility.HtmlDecode(markdown), sample).Split('\n').ToList();
        for (var first = 0; first < lines.Count; first++)
        {
            var count = lines.Skip(first).TakeWhile(l => Row().IsMatch(l)).Count();
            lines.Sort(first, count, StringComparer.Ordinal);
            first += count;
        }

        return string.Join('\n', lines);
    }

    private static string Replace(string text, IEnumerable<(string Value, string Name)> names) =>
        names.Aggregate(text, (result, name) => result.Replace(name.Value, name.Name, StringComparison.Ordinal));

    [GeneratedRegex(@"^\| (public|tenant_\d+) \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"^ +- \S+: [0-9][0-9a-z, ]* in \d+\.\d s.*\n", RegexOptions.Multiline)]
    private static partial Regex Slowest();

    [GeneratedRegex("sha256:[0-9a-f]{7,64}")]
    private static partial Regex Digest();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)?")]
    private static partial Regex Time();

    [GeneratedRegex(@"(?<= )\+\d+:\d\d:\d\d\b")]
    private static partial Regex After();

    [GeneratedRegex(@"\b(last heard) \d+ \w+ ago")]
    private static partial Regex Age();

    [GeneratedRegex(@"\b\d+ sessions of the former process\b")]
    private static partial Regex Sessions();

    [GeneratedRegex(@"\bin \d+ rounds?\b")]
    private static partial Regex Rounds();

    [GeneratedRegex(@"\bafter \d+m?s of soak")]
    private static partial Regex SoakedFor();

    [GeneratedRegex(@"\bno answer within \d+(\.\d+)? s\b")]
    private static partial Regex Patience();

    [GeneratedRegex(@"\bSERVICE-(blue|green)-\d\b")]
    private static partial Regex Instance();

    [GeneratedRegex(@" +\d+\.\d+ s")]
    private static partial Regex StepTime();

    [GeneratedRegex(@"\(\d+\.\d s\)")]
    private static partial Regex TimeInBrackets();

    [GeneratedRegex(@"\b\d+(?:\.\d+)? (ms|KB|MB|kB|KiB|MiB)\b")]
    private static partial Regex Duration();

    [GeneratedRegex(@"\b[a-z]+-\d{8}-?\d{4,6}-[0-9a-z]+\b")]
    private static partial Regex Deployment();

    [GeneratedRegex(@"\b[0-9a-f]{12}\b|\b[0-9a-f]{64}\b")]
    private static partial Regex Container();

    [GeneratedRegex(@"\bin its transaction for \d+ \w+")]
    private static partial Regex InTransaction();

    [GeneratedRegex(@"\bpg_terminate_backend\(\d+\)")]
    private static partial Regex Ended();

    [GeneratedRegex(@"\b(pid|process) \d+")]
    private static partial Regex Process();
}
