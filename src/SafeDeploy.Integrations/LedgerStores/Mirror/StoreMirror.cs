using System.Security.Cryptography;
using System.Text;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.LedgerStores.Mirror;

/// <summary>JSON lines in <c>ledger/DEPLOYMENT.jsonl</c> of the backup store.</summary>
/// <param name="redactor">The ledger holds no secret; a message of a database that was kept in it might.</param>
public sealed class StoreMirror(IBackupStore store, Redactor redactor) : ILedgerMirror
{
    private const string Folder = "ledger";
    private const int Longest = 100;

    public async Task WriteAsync(DeploymentId deployment, LedgerHistory history, CancellationToken cancellation)
    {
        var file = $"{Name(deployment.Value)}.jsonl";
        var text = new StringBuilder();
        foreach (var entry in history.Entries)
            text.Append(redactor.Clean(LedgerLine.Of(entry))).Append('\n');
        try
        {
            await store.WriteAsync(Folder, file, text.ToString(), cancellation);
        }
        catch (ProblemException failure)
        {
            var why = failure.Problem.Evidence.Length > 0 ? failure.Problem.Evidence : failure.Problem.What;
            throw new ProblemException(LedgerProblems.NotMirrored($"{store.PlaceOf(Folder)}/{file}", why), failure);
        }
    }

    /// <summary>An id given by a person may hold what a file's name may not, and be longer.</summary>
    private static string Name(string id)
    {
        var name = string.Concat(id.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')).TrimStart('.', '-', '_');
        return name.Length is > 0 and <= Longest ? name : $"{name[..Math.Min(name.Length, Longest)]}{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))[..16]}";
    }
}
