using System.Collections.Frozen;
using System.Collections.Immutable;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Fleet;
using SafeDeploy.Risk.Rules;

namespace SafeDeploy.Risk;

/// <summary>The one list of rules: adding a rule is its file and one line here.</summary>
public static class RuleCatalogue
{
    public static ImmutableArray<IRule> All { get; } =
    [
        new CreateIndexWithoutConcurrently(),
        new CreateIndexOnPartitionedTable(),
        new DropIndexWithoutConcurrently(),
        new ReindexWithoutConcurrently(),
        new AddUniqueWithoutIndex(),
        new AddPrimaryKeyWithoutIndex(),
        new PrimaryKeyFromNullableIndex(),
        new AddExclusionConstraint(),
        new AddCheckWithoutNotValid(),
        new AddForeignKeyWithoutNotValid(),
        new SetNotNullWithoutProof(),
        new AddColumnWithVolatileDefault(),
        new AddColumnWithSequence(),
        new AddGeneratedColumn(),
        new AddColumnOfConstrainedDomain(),
        new AddColumnWithCheck(),
        new RequiredColumnWithoutDefault(),
        new ChangeColumnTypeRewriting(),
        new ChangeColumnTypeRebuildingIndexes(),
        new TypeChangeDependsOnTimeZone(),
        new ChangeTypeOfForeignKey(),
        new LossyTypeChange(),
        new UsingOverwritesValues(),
        new VacuumFull(),
        new ClusterTable(),
        new SetLogged(),
        new SetUnlogged(),
        new SetTablespace(),
        new SetAccessMethod(),
        new RefreshWithoutConcurrently(),
        new AttachPartitionWithoutCheck(),
        new DefaultPartitionIsScanned(),
        new CreatePartitionLocksParent(),
        new DetachPartitionWithoutConcurrently(),
        new DropPartition(),
        new CreateTrigger(),
        new ForeignKeyInNewTableLocksTarget(),
        new DropForeignKeyLocksTarget(),
        new AlterDomainChecksEveryTable(),
        new LockTable(),
        new GuardStillTakesTheLock(),
        new DropPrimaryKey(),
        new DropTable(),
        new DropColumn(),
        new DropColumnTakesDependents(),
        new DropView(),
        new DropSchema(),
        new DropDatabaseOrOwned(),
        new TruncateTable(),
        new TruncateCascade(),
        new DeleteWithoutWhere(),
        new DeleteRows(),
        new DeleteReachesFurther(),
        new UpdateWithoutWhere(),
        new UpdateOverwritesValues(),
        new UpsertOverwrites(),
        new DropAttribute(),
        new DropWithCascade(),
        new DropDefault(),
        new DropSequence(),
        new DropRoutine(),
        new RenameTable(),
        new RenameColumn(),
        new RenameView(),
        new RenameRoutine(),
        new RenameSchema(),
        new MoveToSchema(),
        new RenameEnumValue(),
        new NewEnumValue(),
        new EnumValueUsedInSameTransaction(),
        new DropNotNull(),
        new JsonColumn(),
        new RowSecurityWithoutPolicy(),
        new DisableRowSecurity(),
        new UnforceRowSecurity(),
        new DropLastPolicy(),
        new GrantToPublic(),
        new SecurityDefinerWithoutSearchPath(),
        new DisableAllTriggers(),
        new DynamicSql(),
        new SqlDoesNotParse(),
        new StatementWillFail(),
        new ConcurrentlyInsideTransaction(),
        new ValidateInSameTransaction(),
        new LongWorkAfterStrongLock(),
        new DataOutsideTransaction(),
        new SeveralRewritesOfOneTable(),
        new TransactionControlInMigration(),
        new SessionStateLeaks(),
        new ProtectedTable(),
        new TenantTouchesSharedTable(),
        new SharedTableOfEveryTenant(),
        new NamesATenantSchema(),
    ];

    /// <summary>What is said of a suppression that silences nothing, lacks its reason or has expired.</summary>
    public static RuleInfo UnusedSuppression { get; } = new("unused-suppression", Severity.Low, LockLevel.None)
    {
        Title = "A suppression silences nothing",
        Prevents = "nothing; it would hide a later finding",
        Remedy = "Remove it, or give it a because and a later until",
        Manual = "",
    };

    /// <summary>Everything that a finding can be about: the rules, and what is found by other means than reading a statement.</summary>
    public static ImmutableArray<RuleInfo> Infos { get; } = [.. All.Select(r => r.Info), UnusedSuppression, .. FleetRules.All];

    private static readonly FrozenDictionary<string, RuleInfo> BySlug = Infos.ToFrozenDictionary(i => i.Slug, StringComparer.Ordinal);

    public static RuleInfo InfoOf(string slug) => BySlug[slug];

    /// <summary>Null when no rule has that name.</summary>
    public static RuleInfo? Find(string slug) => BySlug.GetValueOrDefault(slug);

    /// <summary>The file's statements with what the rules found, suppressions applied.</summary>
    public static ImmutableArray<JudgedStatement> Apply(FileContext file)
    {
        var written = Suppression.In(file.File.Sql);
        if (written.IsEmpty)
            return file.WithFindings(i => (Find(file, i, []), []));
        var suppressions = written.ToLookup(s => StatementOf(file, s));
        return file.WithFindings(i =>
        {
            // Whether it silences what is asked later, nobody knows yet.
            var (waiting, mine) = (suppressions[i].Where(s => IsAskedLater(s) && s.Counts(file.Options.Today)), suppressions[i].Where(s => !IsAskedLater(s) || !s.Counts(file.Options.Today)));
            var beyond = i < file.Statements.Count - 1 ? [] : suppressions[i + 1].Select(Unused);
            return ([.. Find(file, i, [.. mine]), .. beyond], [.. waiting]);
        });
    }

    private static bool IsAskedLater(Suppression suppression) => FleetRules.All.Any(r => r.Slug == suppression.Rule);

    private static ImmutableArray<Finding> Find(FileContext file, int index, Suppression[] mine)
    {
        var statement = file.Statements[index];
        var place = new StatementPlace(file, index);
        var found = Asked(statement).SelectMany(r => r.Check(statement, place)).ToArray();
        if (found.Length == 0 && mine.Length == 0)
            return [];
        return
        [
            .. found.Select(f => Silenced(InAnyTenant(f, file.Options), mine, file.Options.Today)).OrderByDescending(f => f.Severity),
            .. mine.Where(s => !s.Counts(file.Options.Today) || s.Rule == ProtectedTable.Slug || !found.Any(f => f.Rule == s.Rule)).Select(Unused),
        ];
    }

    // The rules that speak about an act, by their places in the catalogue; most have nothing to say of most statements.
    private static readonly int[][] ByAct =
        [.. Enum.GetValues<ActKind>().Select(kind => All.Select((r, i) => r is ActRule rule && rule.Kinds.Contains(kind) ? i : -1).Where(i => i >= 0).ToArray())];

    private static readonly bool[] Always = [.. All.Select(r => r is not ActRule)];

    /// <summary>The rules that may have something to say, in the order of the catalogue.</summary>
    private static IEnumerable<IRule> Asked(JudgedStatement statement)
    {
        var asked = (bool[])Always.Clone();
        foreach (var act in statement.Effect.Acts)
        {
            foreach (var rule in ByAct[(int)act.Kind])
                asked[rule] = true;
        }

        for (var i = 0; i < asked.Length; i++)
        {
            if (asked[i])
                yield return All[i];
        }
    }

    // What is pasted must mean whichever tenant is migrated.
    private static Finding InAnyTenant(Finding finding, RiskOptions options) => options.Tenants is { IsTenantSet: true }
        ? finding with { Remedy = finding.Remedy.Replace($"{TenantContext.OwnSchema}.", "", StringComparison.Ordinal) }
        : finding;

    // A comment belongs to the first statement that ends after it; behind the last one it silences nothing.
    private static int StatementOf(FileContext file, Suppression suppression)
    {
        var line = suppression.Line + file.File.FirstLine - 1;
        var (low, high) = (0, file.Statements.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = LastLine(file.Statements[middle]) < line ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static int LastLine(JudgedStatement statement) => statement.Line + statement.Sql.AsSpan().Count('\n');

    private static Finding Silenced(Finding finding, Suppression[] mine, DateOnly? today) =>
        finding.Rule != ProtectedTable.Slug && Array.Find(mine, s => s.Rule == finding.Rule && s.Counts(today)) is { } by ? finding with { SuppressedBecause = by.Because } : finding;

    private static Finding Unused(Suppression suppression) => new(
        UnusedSuppression.Slug,
        UnusedSuppression.Severity,
        suppression.Because.Length == 0
            ? $"The suppression of {suppression.Rule} gives no reason and does not count."
            : $"The suppression of {suppression.Rule} silences nothing, or has expired.",
        UnusedSuppression.Remedy + ".");
}
