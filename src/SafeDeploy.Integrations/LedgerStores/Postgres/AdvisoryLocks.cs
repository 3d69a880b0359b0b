using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SafeDeploy.Integrations.LedgerStores.Postgres;

/// <summary>Keys of the session advisory locks. The server keeps one key apart by database (view-pg-locks), so the key itself need not name it.</summary>
internal static class AdvisoryLocks
{
    /// <summary>Held by the process that works on an environment.</summary>
    public static long Hold(string environment) => Key("hold", environment);

    /// <summary>Held while the ledger's tables are made.</summary>
    public static long Prepare() => Key("prepare", "");

    /// <summary>A key that nobody else asks for, to prove that a session keeps its locks.</summary>
    public static long Proof(Guid once) => Key("proof", once.ToString());

    private static long Key(string purpose, string environment) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"safe-deploy|{purpose}|{environment}")));
}
