using System.Collections.Immutable;
using SafeDeploy.Migrations;

namespace SafeDeploy.Config;

/// <summary>What may be undone, and by whom.</summary>
/// <param name="Automatic">False: a failure stops and a person decides.</param>
/// <param name="ForbidWhen">Facts that rule a way back out. May be empty.</param>
public sealed record RollbackSettings(bool Automatic, RollbackDatabase Database, ImmutableArray<ForbidRule> ForbidWhen)
{
    /// <summary>How long after its verification a release may still be taken back; contract migrations wait for its end.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromHours(24);
}

/// <summary>What may happen to the schema on the way back; restore is never automatic.</summary>
public enum RollbackDatabase
{
    /// <summary>By the decision table.</summary>
    Auto,

    /// <summary>The schema stays forward where the previous image is proved compatible; else a person decides.</summary>
    Keep,

    /// <summary>Reversed wherever that is safe, even if the previous image is compatible.</summary>
    Reverse,

    /// <summary>Never reversed.</summary>
    Never,
}

/// <param name="Sql">Gives one row with one boolean: true forbids. <c>:deployment_started</c> is the deployment's start.</param>
/// <param name="Scope">Asked in <c>public</c>, or in every tenant schema; one true is enough.</param>
/// <param name="Because">Quoted in the decision.</param>
public sealed record ForbidRule(string Sql, ScopeKind Scope, Forbids Forbids, string Because);

public enum Forbids
{
    /// <summary>The schema stays; the image may go back where it is proved compatible.</summary>
    Database,

    /// <summary>Nothing goes back.</summary>
    Everything,
}
