using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SafeDeploy.Integrations.LedgerStores.File;

/// <summary>An empty file beside the ledger that a process keeps locked while it works; the system unlocks it when the process ends, however it ends.</summary>
/// <remarks>One file an epoch: a hung process keeps its own and stands in nobody's way.</remarks>
internal sealed class HolderFiles(string ledger)
{
    /// <summary>Null when another process has it.</summary>
    public FileStream? TryHold(string environment, int epoch)
    {
        try
        {
            return new FileStream(Name(environment, epoch), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Looks with a shared lock, so that two that look do not take each other for a holder.</summary>
    public bool IsHeld(string environment, int epoch)
    {
        try
        {
            using var look = new FileStream(Name(environment, epoch), FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private string Name(string environment, int epoch)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(environment)))[..12];
        return string.Create(CultureInfo.InvariantCulture, $"{ledger}.{hash}.{epoch}.holder");
    }
}
