using SafeDeploy.Ledger;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>Makes the step of each stage, its sentence, and the snapshot before the first of them.</summary>
public abstract class Stages
{
    public abstract IStep Of(StepName name, DeployPlan plan, RunContext run);

    /// <summary>What the user reads when the stage begins.</summary>
    public abstract string Sentence(StepName name, DeployPlan plan);

    public abstract Task<WorldSnapshot> SnapshotAsync(DeployPlan plan, CancellationToken cancellation);

    public abstract void Tell(Problem problem);
}
