using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDeploy.Migrations;
using SafeDeploy.Runs;

namespace SafeDeploy.Ledger;

/// <summary>One alteration of the world, recorded as intended before it is made.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "change")]
[JsonDerivedType(typeof(TakeBackup), "take-backup")]
[JsonDerivedType(typeof(MigrateWave), "migrate-wave")]
[JsonDerivedType(typeof(MigrateScopeBack), "migrate-scope-back")]
[JsonDerivedType(typeof(HoldTraffic), "hold-traffic")]
[JsonDerivedType(typeof(ReleaseTraffic), "release-traffic")]
[JsonDerivedType(typeof(StopWorkers), "stop-workers")]
[JsonDerivedType(typeof(StartWorkers), "start-workers")]
[JsonDerivedType(typeof(PrepareTarget), "prepare-target")]
[JsonDerivedType(typeof(StartRelease), "start-release")]
[JsonDerivedType(typeof(SwitchTraffic), "switch-traffic")]
[JsonDerivedType(typeof(RemoveRelease), "remove-release")]
[JsonDerivedType(typeof(RetireRelease), "retire-release")]
[JsonDerivedType(typeof(RestoreScope), "restore-scope")]
[JsonDerivedType(typeof(RestoreDatabase), "restore-database")]
[JsonDerivedType(typeof(RestoreFiles), "restore-files")]
public abstract record Change
{
    private Change() { }

    public sealed record TakeBackup(string Set) : Change;

    /// <summary>A group of scopes moves forward; each scope's own step is a <see cref="LedgerFact.ScopeMigrated"/>.</summary>
    public sealed record MigrateWave(ScopeKind Kind, string Wave, ImmutableArray<Scope> Scopes, ImmutableArray<MigrationVersion> Versions) : Change;

    public sealed record MigrateScopeBack(Scope Scope, ImmutableArray<MigrationVersion> Versions) : Change;

    public sealed record HoldTraffic(string Because) : Change;

    public sealed record ReleaseTraffic(string Slot) : Change;

    public sealed record StopWorkers(string Slot) : Change;

    public sealed record StartWorkers(string Slot) : Change;

    /// <summary>What the target needs once: network, front, our own attachment to a network.</summary>
    public sealed record PrepareTarget(string What) : Change;

    public sealed record StartRelease(Release Release, string Slot, string Spec) : Change;

    /// <param name="ToSlot">Null = nobody serves: the way back of a first release.</param>
    public sealed record SwitchTraffic(string? FromSlot, string? ToSlot) : Change;

    public sealed record RemoveRelease(string Slot) : Change;

    /// <summary>After the commit point: the former release stops; its image is kept.</summary>
    public sealed record RetireRelease(string Slot) : Change;

    public sealed record RestoreScope(Scope Scope, string Set) : Change;

    public sealed record RestoreDatabase(string Set) : Change;

    public sealed record RestoreFiles(string Set) : Change;
}

/// <summary>The way back from a <see cref="Change"/>, as data; never a restore.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "undo")]
[JsonDerivedType(typeof(Nothing), "nothing")]
[JsonDerivedType(typeof(MigrateBack), "migrate-back")]
[JsonDerivedType(typeof(ReleaseHeldTraffic), "release-held-traffic")]
[JsonDerivedType(typeof(StartWorkersAgain), "start-workers-again")]
[JsonDerivedType(typeof(RemoveStarted), "remove-started")]
[JsonDerivedType(typeof(SwitchBack), "switch-back")]
[JsonDerivedType(typeof(Impossible), "impossible")]
public abstract record Undo
{
    private Undo() { }

    /// <summary>The change alters nothing that has to go back.</summary>
    public sealed record Nothing : Undo;

    /// <summary>Every scope that the wave moved goes back by the rollback scripts its history keeps.</summary>
    public sealed record MigrateBack(ImmutableArray<MigrationVersion> Versions) : Undo;

    public sealed record ReleaseHeldTraffic : Undo;

    public sealed record StartWorkersAgain(string Slot) : Undo;

    public sealed record RemoveStarted(string Slot) : Undo;

    /// <param name="ToSlot">Null when nothing served before: the front then serves nobody.</param>
    public sealed record SwitchBack(string? ToSlot) : Undo;

    public sealed record Impossible(string Reason) : Undo;
}
