using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.LedgerStores.Mirror;

/// <summary>JSON lines in <c>ledger/DEPLOYMENT.jsonl</c> of the backup store.</summary>
/// <param name="store">The backup store's folder.</param>
/// <param name="redactor">The ledger holds no secret; a message of a database that was kept in it might.</param>
public sealed class FolderMirror(string store, Redactor redactor) : ILedgerMirror
{
    public async Task WriteAsync(DeploymentId deployment, LedgerHistory history, CancellationToken cancellation)
    {
        var folder = Path.Combine(store, "ledger");
        var file = Path.Combine(folder, $"{Name(deployment)}.jsonl");
        var unfinished = $"{file}.unfinished";
        try
        {
            Directory.CreateDirectory(folder);
            var options = new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                Options = FileOptions.Asynchronous,
            };
            await using (var stream = new FileStream(unfinished, options))
            {
                await using var text = new StreamWriter(stream, leaveOpen: true);
                foreach (var entry in history.Entries)
                    await text.WriteLineAsync(redactor.Clean(LedgerLine.Of(entry)).AsMemory(), cancellation);
                await text.FlushAsync(cancellation);
                stream.Flush(flushToDisk: true);
            }

            System.IO.File.Move(unfinished, file, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(LedgerProblems.NotMirrored(file, failure.Message), failure);
        }
    }

    /// <summary>An id given by a person may hold what a file's name may not.</summary>
    private static string Name(DeploymentId deployment) =>
        string.Concat(deployment.Value.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')).TrimStart('.');
}
