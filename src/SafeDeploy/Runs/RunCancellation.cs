namespace SafeDeploy.Runs;

/// <summary>The two ways a run is told to stop.</summary>
/// <param name="Graceful">First signal: start nothing new, finish the statement that runs.</param>
/// <param name="Forceful">Second signal, or the hold is lost: give up what runs, leave the ledger true.</param>
public sealed record RunCancellation(CancellationToken Graceful, CancellationToken Forceful)
{
    public static readonly RunCancellation None = new(CancellationToken.None, CancellationToken.None);
}
