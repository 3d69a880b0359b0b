using SafeDeploy.Problems;

namespace SafeDeploy.Steps.Preflight;

/// <summary>What one check found.</summary>
public abstract record PreflightFinding
{
    private PreflightFinding() { }

    /// <param name="Line">What was seen, for people.</param>
    public sealed record Good(string Line) : PreflightFinding;

    /// <summary>Could not be known here; said, and neither good nor bad.</summary>
    public sealed record Unknown(string Line) : PreflightFinding;

    public sealed record Warning(Problem Problem) : PreflightFinding;

    public sealed record Refusal(Problem Problem) : PreflightFinding;
}
