using System.Collections.Frozen;

namespace SafeDeploy.Risk;

/// <summary>PostgreSQL's table locks, weakest first (manual: explicit-locking, "Table-Level Locks").</summary>
public enum LockLevel
{
    None,
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

public static class LockLevels
{
    private static readonly string[] Words =
    [
        "", "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE",
    ];

    private static readonly FrozenDictionary<string, LockLevel> ByCatalogName = new Dictionary<string, LockLevel>
    {
        ["AccessShareLock"] = LockLevel.AccessShare,
        ["RowShareLock"] = LockLevel.RowShare,
        ["RowExclusiveLock"] = LockLevel.RowExclusive,
        ["ShareUpdateExclusiveLock"] = LockLevel.ShareUpdateExclusive,
        ["ShareLock"] = LockLevel.Share,
        ["ShareRowExclusiveLock"] = LockLevel.ShareRowExclusive,
        ["ExclusiveLock"] = LockLevel.Exclusive,
        ["AccessExclusiveLock"] = LockLevel.AccessExclusive,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>As the manual spells it: <c>ACCESS EXCLUSIVE</c>; empty for none.</summary>
    public static string Spelled(this LockLevel level) => Words[(int)level];

    /// <summary>Reads <c>pg_locks.mode</c>; <see cref="LockLevel.None"/> for what is no table lock (SIReadLock).</summary>
    public static LockLevel FromCatalog(string mode) => ByCatalogName.GetValueOrDefault(mode);

    /// <summary>INSERT, UPDATE and DELETE (ROW EXCLUSIVE) have to wait.</summary>
    public static bool BlocksWrites(this LockLevel level) => level >= LockLevel.Share;

    /// <summary>SELECT (ACCESS SHARE) has to wait.</summary>
    public static bool BlocksReads(this LockLevel level) => level == LockLevel.AccessExclusive;
}
