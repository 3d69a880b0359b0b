using SafeDeploy.Ledger;
using SafeDeploy.Runs;

namespace SafeDeploy.Ports;

/// <summary>A readable copy of a deployment's ledger beside its backups; the ledger itself stays the truth.</summary>
public interface ILedgerMirror
{
    /// <summary>Replaces the copy with these entries, whole or not at all.</summary>
    /// <exception cref="Problems.ProblemException">SD0221: the store takes no file.</exception>
    Task WriteAsync(DeploymentId deployment, LedgerHistory history, CancellationToken cancellation);
}
