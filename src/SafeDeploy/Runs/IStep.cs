namespace SafeDeploy.Runs;

/// <summary>One stage of a deployment. Called again in the same deployment it does only what is missing.</summary>
public interface IStep
{
    StepName Name { get; }

    /// <summary>Does the stage's work; a known failure is an outcome, never an exception.</summary>
    /// <exception cref="Problems.ProblemException">A port failed in a known way outside the step's own handling; the runner makes it a failed outcome.</exception>
    Task<StepOutcome> RunAsync(RunContext run);
}
