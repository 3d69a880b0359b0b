namespace SafeDeploy.Problems;

/// <summary>One failure, told in the five parts of the style guide; what a person reads at 2 a.m.</summary>
/// <param name="Info">The entry of the catalogue: code and title, stable across releases.</param>
/// <param name="What">What happened, one sentence with names quoted and counts as n of m.</param>
/// <param name="Where">The place: file:line, scope, container, SQLSTATE. Never empty.</param>
/// <param name="Untouched">What is as it was before.</param>
/// <param name="Now">What is being done about it at this moment.</param>
/// <param name="Next">What the reader does next; starts with a verb and can be pasted where possible.</param>
public sealed record Problem(ProblemInfo Info, string What, string Where, string Untouched, string Now, string Next)
{
    public string Code => Info.Code;

    /// <summary>Evidence that does not fit a line (the last log lines of a container, a statement). May be empty.</summary>
    public string Evidence { get; init; } = "";
}

/// <summary>An entry of the problem catalogue; <c>explain CODE</c> and docs/problems.md are made from it.</summary>
/// <param name="Code">"SD" and four digits; the first two name the area. Never reused.</param>
public sealed record ProblemInfo(string Code, string Title, string Meaning, string Remedy)
{
    public Problem Occurred(string what, string where, string untouched, string now, string next) =>
        new(this, what, where, untouched, now, next);
}

/// <summary>Carries a <see cref="Problem"/> out of a port; the step runner turns it into a failed outcome.</summary>
public sealed class ProblemException(Problem problem, Exception? inner = null) : Exception($"{problem.Code} {problem.What}", inner)
{
    public Problem Problem { get; } = problem;
}
