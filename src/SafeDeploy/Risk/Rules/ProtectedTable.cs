using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

/// <summary>Tables that the configuration protects: four things are forbidden on them, in every tenant, however they are spelled.</summary>
internal sealed class ProtectedTable : IRule
{
    private static readonly ActKind[] Removals =
    [
        ActKind.DropsColumn, ActKind.DropsTable, ActKind.RenamesColumn, ActKind.RenamesTable, ActKind.MovesToSchema, ActKind.Truncates, ActKind.TruncatesCascading, ActKind.DeletesAll,
    ];

    private static readonly ActKind[] TypeChanges =
        [ActKind.ChangesTypeRewriting, ActKind.ChangesTypeRebuildingIndexes, ActKind.ChangesTypeByTimeZone, ActKind.ChangesTypeLossy, ActKind.OverwritesByUsing];

    private static readonly ActKind[] Integrity =
    [
        ActKind.AddsKey, ActKind.AddsPrimaryKey, ActKind.AddsKeyFromIndex, ActKind.AddsExclusion, ActKind.AddsCheck, ActKind.AddsCheckNotValid, ActKind.AddsForeignKey,
        ActKind.AddsForeignKeyNotValid, ActKind.SetsNotNull, ActKind.DropsNotNull, ActKind.DropsConstraint, ActKind.DropsForeignKey, ActKind.DropsPrimaryKey,
        ActKind.DisablesAllTriggers, ActKind.DisablesTrigger, ActKind.DropsTrigger,
    ];

    public RuleInfo Info { get; } = new("protected-table", Severity.Critical, LockLevel.None)
    {
        Title = "A protected table is changed in a forbidden way",
        Prevents = "what the table is protected for",
        Remedy = "Make the change in steps that add before they remove, and have it approved by whoever protects the table",
        Manual = "ddl-alter",
    };

    public IEnumerable<Finding> Check(JudgedStatement statement, StatementPlace place) => statement.Effect.Acts
        .Where(a => !a.OnNew && place.File.Options.ProtectedTables.Any(p => IsNamed(a.Table.Schema, a.Table.Name, p)))
        .Select(a => (Act: a, Why: Prohibition(a.Kind)))
        .Where(x => x.Why is not null)
        .Select(x => new Finding(Info.Slug, Info.Severity, $"{x.Act.Table} is protected: {x.Why} {x.Act.Object}".TrimEnd() + " is forbidden.", Info.Remedy + "."))
        .Distinct();

    private static string? Prohibition(ActKind kind) =>
        Removals.Contains(kind) ? "removing or renaming"
        : TypeChanges.Contains(kind) ? "changing the type of"
        : kind == ActKind.AddsRequiredColumn ? "adding the required column"
        : Integrity.Contains(kind) ? "changing an integrity rule"
        : null;

    /// <summary>NfceDocumento is meant by "NfceDocumento", nfcedocumento, nfce_documento and Django's fiscal_nfcedocumento.</summary>
    private static bool IsNamed(string schema, string table, string rule)
    {
        var dot = rule.LastIndexOf('.');
        if (dot >= 0 && !string.Equals(schema, rule[..dot], StringComparison.OrdinalIgnoreCase))
            return false;
        var wanted = Bare(rule[(dot + 1)..]);
        return Bare(table) == wanted || table.Split('_').Select((_, i) => Bare(string.Join('_', table.Split('_').Skip(i)))).Contains(wanted);
    }

    private static string Bare(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal).ToUpperInvariant();
}
