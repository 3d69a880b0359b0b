using System.Collections.Immutable;
using SafeDeploy.Migrations;

namespace SafeDeploy.Ports;

/// <summary>Says what an SQL text does to a schema, by the effect model; pure and offline.</summary>
public interface IScriptEffects
{
    /// <summary>Never throws for SQL it cannot read: the effect is then <see cref="Phase.Unknown"/> and fits nobody.</summary>
    ScriptEffect Of(string sql);

    /// <summary>The same, knowing the scripts of the same release that run before it.</summary>
    ScriptEffect Of(string sql, IReadOnlyCollection<string> earlier);
}

/// <param name="FitsPreviousImage">True only if every statement is an expand that the previous image does not notice; null = unknown.</param>
/// <param name="DestroysData">Rows or values are gone or overwritten.</param>
/// <param name="Because">The statement that decided, in a few words; empty when there is nothing to say.</param>
/// <param name="Drops">Tables and columns that the text removes, as written; without a schema where it wrote none.</param>
/// <param name="Overwrites">It updates or narrows existing values.</param>
public sealed record ScriptEffect(
    Phase Phase,
    bool? FitsPreviousImage,
    bool DestroysData,
    string Because,
    ImmutableArray<(string Table, string? Column)> Drops,
    bool Overwrites);
