using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Risk.Schema;

namespace SafeDeploy.Risk.Effects;

/// <summary>What one statement does to a database that is in use, given what existed before it.</summary>
/// <param name="Locks">Strongest lock per table or view that existed before the statement.</param>
/// <param name="Rewrites">Tables whose files are written anew.</param>
/// <param name="Scans">Tables read from end to end, index builds included.</param>
/// <param name="BlocksReads">Somebody's SELECT waits, however briefly, also through an index.</param>
/// <param name="DestroysData">Committed rows or values of a table are gone or overwritten.</param>
/// <param name="Reversible">A statement exists that restores schema and data; null = unknown.</param>
/// <param name="RunsInTransaction">Null when only running it tells.</param>
/// <param name="Fails">True when it can not succeed, false when nothing can stop it, null = depends on what is not known here.</param>
/// <param name="FailsBecause">Empty unless <paramref name="Fails"/>.</param>
/// <param name="Compatible">The image that serves before works on after it; null = unknown, which is never taken for yes.</param>
/// <param name="Acts">The statement in the words that rules judge, in the order of its parts.</param>
public sealed record StatementEffect(
    RelationLocks Locks,
    RelationLocks IndexLocks,
    RelationLocks SequenceLocks,
    ImmutableSortedSet<string> Rewrites,
    ImmutableSortedSet<string> Scans,
    bool BlocksReads,
    bool BlocksWrites,
    bool DestroysData,
    bool? Reversible,
    bool? RunsInTransaction,
    bool? Fails,
    string FailsBecause,
    Phase Phase,
    bool? Compatible,
    bool Hazard,
    ImmutableArray<Act> Acts)
{
    /// <summary>Strongest lock on a table whose name the text does not tell (the table of an index, those that use a domain).</summary>
    public LockLevel UnseenLock { get; init; }

    public LockLevel StrongestLock => UnseenLock > Locks.Strongest ? UnseenLock : Locks.Strongest;
}

/// <summary>One thing that a statement does, the unit that rules judge and rollback reasons about.</summary>
/// <param name="Table">The relation it does it to, as the catalogue has it; for types and routines their name.</param>
/// <param name="Object">The column, constraint, index or value; may be empty.</param>
/// <param name="Other">The second relation (a foreign key's target), or a type; may be empty.</param>
/// <param name="OnNew">The relation was made by the same change and is empty and unknown to the serving image.</param>
public sealed record Act(ActKind Kind, RelationKey Table, string Object = "", string Other = "", bool OnNew = false);

public enum ActKind
{
    CreatesTable,
    CreatesView,
    CreatesIndex,
    CreatesIndexConcurrently,
    CreatesRoutine,
    CreatesType,
    CreatesSchema,
    CreatesTrigger,
    CreatesPolicy,
    CreatesRule,
    CreatesPartition,
    AddsColumn,
    AddsColumnRewriting,
    AddsColumnChecked,
    AddsColumnSerial,
    AddsColumnGenerated,
    AddsColumnOfConstrainedDomain,
    AddsRequiredColumn,
    AddsColumnNotNullNoDefault,
    AddsJsonColumn,
    AddsKey,
    AddsPrimaryKey,
    AddsKeyFromIndex,
    AddsPrimaryKeyFromNullableIndex,
    AddsExclusion,
    AddsCheck,
    AddsCheckNotValid,
    AddsForeignKey,
    AddsForeignKeyNotValid,
    AddsForeignKeyInNewTable,
    ValidatesConstraint,
    SetsNotNull,
    SetsNotNullProved,
    DropsNotNull,
    SetsDefault,
    DropsDefault,
    DropsIdentity,
    ChangesTypeRewriting,
    ChangesTypeRebuildingIndexes,
    ChangesTypeInPlace,
    ChangesTypeByTimeZone,
    ChangesTypeOfKey,
    ChangesTypeLossy,
    OverwritesByUsing,
    DropsTable,
    DropsPartition,
    DropsColumn,
    DropsColumnWithDependents,
    DropsView,
    DropsIndex,
    DropsIndexConcurrently,
    DropsIndexOfConstraint,
    DropsConstraint,
    DropsForeignKey,
    DropsPrimaryKey,
    DropsSchema,
    DropsDatabase,
    DropsOwned,
    DropsSequence,
    DropsType,
    DropsAttribute,
    DropsRoutine,
    DropsTrigger,
    DropsPolicy,
    DropsLastPolicy,
    DropsRule,
    DropsExtension,
    Cascades,
    RenamesTable,
    RenamesColumn,
    RenamesConstraint,
    RenamesView,
    RenamesRoutine,
    RenamesSchema,
    RenamesType,
    RenamesEnumValue,
    MovesToSchema,
    AddsEnumValue,
    UsesFreshEnumValue,
    ReplacesRoutine,
    ReplacesView,
    ReplacesViewRemovingColumns,
    AltersDomainChecked,
    EnablesRowSecurity,
    EnablesRowSecurityWithoutPolicy,
    DisablesRowSecurity,
    UnforcesRowSecurity,
    DisablesAllTriggers,
    DisablesTrigger,
    ChangesReplicaIdentity,
    SetsLogged,
    SetsUnlogged,
    SetsTablespace,
    SetsAccessMethod,
    AttachesPartition,
    ScansDefaultPartition,
    DetachesPartition,
    DetachesPartitionConcurrently,
    FansOutToChildren,
    ReindexesBlocking,
    Clusters,
    VacuumsFull,
    RefreshesBlocking,
    RefreshesConcurrentlyWithoutKey,
    LocksTable,
    Truncates,
    TruncatesCascading,
    DeletesAll,
    DeletesSome,
    DeletionReaches,
    UpdatesAll,
    UpdatesSome,
    FillsNulls,
    Upserts,
    InsertsRows,
    GrantsToPublic,
    GrantsAll,
    SecurityDefinerWithoutSearchPath,
    ExistenceGuardStillLocks,
    TouchesUnknown,
    DoesDynamicSql,
    NotReRunnable,
    OnlyMetadata,
}
