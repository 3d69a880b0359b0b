using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Pipeline;

/// <summary>What <c>doctor</c> found out about one thing.</summary>
public enum DoctorVerdict
{
    Good,

    /// <summary>Could not be known here, e.g. a figure that a managed database hides; neither good nor bad.</summary>
    Unknown,

    Warning,

    /// <summary>A run would be refused, or would fail.</summary>
    Bad,
}

/// <param name="Problem">Null when the thing is good or unknown.</param>
public sealed record DoctorLine(string Name, DoctorVerdict Verdict, string Line, Problem? Problem = null);

/// <param name="Lines">In the order they were asked.</param>
/// <param name="Grants">What an administrator pastes so that the privileges are there; empty when none is missing.</param>
public sealed record DoctorReport(ImmutableArray<DoctorLine> Lines, ImmutableArray<string> Grants)
{
    public bool IsWell => Lines.All(line => line.Verdict != DoctorVerdict.Bad);
}
