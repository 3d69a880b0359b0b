using System.Collections.Immutable;
using System.Text;
using SafeDeploy.Ledger;

namespace SafeDeploy.Reporting;

/// <summary>What <c>doctor</c> prints.</summary>
/// <param name="Conclusion"><c>well</c> or <c>ill</c>.</param>
/// <param name="Grants">Statements for an administrator, ready to paste; empty when no privilege is missing.</param>
public sealed record DoctorDocument(string Conclusion, int ExitCode, ImmutableArray<DoctorEntry> Checks, ImmutableArray<string> Grants)
{
    private const int NameWidth = 24;

    /// <summary>One line a check; what is bad is told in full on stderr.</summary>
    public string Text()
    {
        var text = new StringBuilder();
        foreach (var check in Checks)
            text.Append("  ").Append(check.Verdict.PadRight(8)).Append(check.Name.PadRight(NameWidth)).Append(check.Line).Append('\n');
        if (!Grants.IsEmpty)
            text.Append("\n-- to be run by an administrator of the database:\n").AppendJoin('\n', Grants).Append('\n');
        return text.ToString();
    }
}

/// <param name="Verdict"><c>good</c>, <c>unknown</c>, <c>warning</c> or <c>bad</c>.</param>
/// <param name="Problem">Null when the thing is good or unknown.</param>
public sealed record DoctorEntry(string Name, string Verdict, string Line, ProblemNote? Problem);
