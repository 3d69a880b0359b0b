namespace SafeDeploy.Risk.Fleet;

/// <summary>A read-only question whose answer tells whether a statement will fail on the rows that are there.</summary>
/// <param name="What">What is counted, e.g. <c>rows of sale without email</c>.</param>
/// <param name="Sql">Gives one number; unqualified names mean the scope that is asked. <c>{key}</c> stands for the target's primary key.</param>
/// <param name="KeyOf">The table whose primary key has to be put in for <c>{key}</c>, as SQL spells it; null when nothing has to.</param>
public sealed record DataProbe(string What, string Sql, string? KeyOf = null)
{
    /// <summary>Counting stops here: one is enough to fail.</summary>
    public const int AtMost = 1000;

    public string With(string? key) => key is null ? Sql : Sql.Replace("{key}", key, StringComparison.Ordinal);
}
