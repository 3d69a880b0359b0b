using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Runs;

/// <summary>What happened to one step. Exceptions are for bugs and cancellation only.</summary>
public abstract record StepOutcome
{
    private StepOutcome() { }

    /// <param name="Summary">One line for people: what was done, with counts.</param>
    public sealed record Succeeded(string Summary) : StepOutcome;

    /// <param name="Reason">Why there was nothing to do.</param>
    public sealed record Skipped(string Reason) : StepOutcome;

    /// <param name="Problem">The first failure, the one that decides.</param>
    /// <param name="Others">Failures after it, in order; never hides the first. May be empty.</param>
    public sealed record Failed(Problem Problem, ImmutableArray<Problem> Others) : StepOutcome
    {
        public Failed(Problem problem) : this(problem, []) { }
    }

    /// <summary>Refused by policy before anything was touched (exit code 3).</summary>
    public sealed record Refused(Problem Problem, ImmutableArray<Problem> Others) : StepOutcome
    {
        public Refused(Problem problem) : this(problem, []) { }
    }
}
