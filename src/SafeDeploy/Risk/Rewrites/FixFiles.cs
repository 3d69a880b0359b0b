using System.Collections.Immutable;
using System.Text;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Rewrites;

/// <param name="Path">As the original was given, with another name.</param>
public sealed record FixedFile(string Path, string Text);

/// <summary>A migration file said again in safe steps, each a migration of its own.</summary>
/// <param name="Files">What replaces <paramref name="Original"/>, in order; empty where <paramref name="WhyNot"/> says why.</param>
/// <param name="Needs">What a person has to fill in; may be empty.</param>
public sealed record FileFix(string Original, ImmutableArray<FixedFile> Files, ImmutableArray<string> Needs, string WhyNot = "");

/// <summary>Splits a file at the statements that have a mechanical rewrite; the order of statements never changes. Pure.</summary>
public static class FixFiles
{
    private sealed record Part(string Sql, string Back, bool Outside, string Suffix, bool IsOriginal);

    /// <param name="statements">Those of the file, in order.</param>
    /// <returns>Null where nothing in the file has a mechanical rewrite.</returns>
    public static FileFix? Of(RiskFile file, ImmutableArray<JudgedStatement> statements, ISqlParser parser)
    {
        var rewrites = statements.Select(Rewriter.Of).ToArray();
        if (rewrites.All(r => r is null))
            return null;
        if (file.FirstLine != 1)
            return new FileFix(file.Path, [], [], "both ways stand in one file; split it by hand as the diff shows");
        if (statements.Any(s => s.Transaction.Control != TransactionControl.None))
            return new FileFix(file.Path, [], [], "it controls its transaction itself; take BEGIN and COMMIT out first");
        var parts = Parts(file.Sql, statements, rewrites);
        var names = FixNames.Of(file.Path, [.. parts.Select(p => p.Suffix)]);
        if (names.IsEmpty)
            return new FileFix(file.Path, [], [], "its name leaves no room for further versions");
        var files = parts.SelectMany((p, i) => Files(p, names[i], Back(p, parts, file.Rollback, rewrites, parser)));
        return new FileFix(file.Path, [.. files], [.. rewrites.OfType<Rewrite>().Select(r => r.Needs).Where(n => n.Length > 0).Distinct()]);
    }

    private static IEnumerable<FixedFile> Files(Part part, FixName name, string? back)
    {
        yield return new FixedFile(name.Forward, (part.Outside ? "-- safe-deploy: no-transaction\n" : "") + part.Sql.Trim() + "\n");
        if (name.Rollback is { } path && back is not null)
            yield return new FixedFile(path, back.Trim() + "\n");
    }

    private static List<Part> Parts(string sql, ImmutableArray<JudgedStatement> statements, Rewrite?[] rewrites)
    {
        var parts = new List<Part>();
        var kept = new StringBuilder();
        var end = 0;
        for (var i = 0; i < statements.Length; i++)
        {
            var start = Offset(sql, statements[i]);
            var next = EndOf(sql, start + statements[i].Sql.Length);
            if (rewrites[i] is not { } rewrite)
                kept.Append(sql, end, next - end);
            else
            {
                // Comments above the statement stay with it.
                kept.Append(sql, end, start - end);
                Steps(parts, kept, rewrite);
            }

            end = next;
        }

        kept.Append(sql, end, sql.Length - end);
        Keep(parts, kept);
        return parts;
    }

    private static void Steps(List<Part> parts, StringBuilder kept, Rewrite rewrite)
    {
        var above = Comments(kept);
        Keep(parts, kept);
        foreach (var step in rewrite.Steps)
        {
            parts.Add(new Part(above + step.Sql, step.Back, step.OutsideTransaction, step.Suffix, false));
            above = "";
        }
    }

    /// <summary>Takes the comment lines that stand right above a statement.</summary>
    private static string Comments(StringBuilder kept)
    {
        var lines = kept.ToString().Split('\n');
        var first = lines.Length;
        while (first > 0 && IsOnlyComments(lines[first - 1]))
            first--;
        kept.Clear().AppendJoin('\n', lines[..first]);
        var comments = string.Join('\n', lines[first..]).Trim();
        return comments.Length == 0 ? "" : comments + "\n";
    }

    private static bool IsOnlyComments(string text) => text.Split('\n').All(l => l.Trim() is var line && (line.Length == 0 || line.StartsWith("--", StringComparison.Ordinal)));

    private static void Keep(List<Part> parts, StringBuilder kept)
    {
        var text = kept.ToString();
        kept.Clear();
        if (!IsOnlyComments(text))
            parts.Add(new Part(text, "", false, "", true));
    }

    private static int Offset(string sql, JudgedStatement statement)
    {
        var start = 0;
        for (var line = 1; line < statement.Line; line++)
            start = sql.IndexOf('\n', start) + 1;
        return start + statement.Column - 1;
    }

    private static int EndOf(string sql, int at)
    {
        var end = at;
        while (end < sql.Length && char.IsWhiteSpace(sql[end]))
            end++;
        return end < sql.Length && sql[end] == ';' ? end + 1 : at;
    }

    /// <summary>A step knows its own way back; what is left of the file's stands with the first of its own statements.</summary>
    private static string? Back(Part part, List<Part> parts, string? rollback, Rewrite?[] rewrites, ISqlParser parser)
    {
        if (rollback is null)
            return null;
        if (!part.IsOriginal)
            return part.Back.Length > 0 ? part.Back : "-- nothing to undo";
        if (parts.Find(p => p.IsOriginal) != part)
            return "-- undone with the first part";
        var undone = rewrites.OfType<Rewrite>().SelectMany(r => r.Steps).SelectMany(s => parser.Split(s.Back)).Select(s => What(s.Text, parser)).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var left = parser.Split(rollback).Where(s => What(s.Text, parser) is not { } what || !undone.Contains(what)).Select(s => s.Text + ";").ToArray();
        return left.Length > 0 ? string.Join('\n', left) : "-- nothing to undo";
    }

    /// <summary>What a statement of a way back removes, in one word to compare; null where it removes more than one thing.</summary>
    private static string? What(string sql, ISqlParser parser)
    {
        if (parser.Parse(sql).Tree is not { } tree)
            return null;
        if (tree.Is("DropStmt") && tree.List("objects").ToArray() is [var dropped])
            return $"{tree.Text("removeType")} {dropped.LastName("items")}";
        return tree.Is("AlterTableStmt") && tree.List("cmds").ToArray() is [var command]
            ? $"{RelationName.Of(tree.Node("relation"))?.Name} {command.Text("subtype")} {command.Text("name")}"
            : null;
    }
}
