using SafeDeploy.Config;
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

    /// <summary>The one rule that no comment in a migration silences: its author is not the one to ask.</summary>
    public const string Slug = "protected-table";

    public RuleInfo Info { get; } = new(Slug, Severity.Critical, LockLevel.None)
    {
        Title = "A protected table is changed in a forbidden way",
        Prevents = "what the table is protected for",
        Remedy = "Make the change in steps that add before they remove, and have it approved by whoever protects the table",
        Manual = "ddl-alter",
    };

    public IEnumerable<Finding> Check(JudgedStatement statement, StatementPlace place) => statement.Effect.Acts
        .Where(a => !a.OnNew)
        .Select(a => (Act: a, Table: place.File.Options.ProtectedTables.FirstOrDefault(p => IsNamed(a.Table.Schema, a.Table.Name, p)), Why: Prohibition(a.Kind)))
        .Where(x => x.Table is not null && x.Why is not null)
        .Select(x => Finding(x.Act, x.Table!, x.Why!, place.File))
        .Distinct();

    // Three of the four nobody can allow; the fourth passes where somebody answers for this very text.
    private Finding Finding(Act act, string table, string why, FileContext file)
    {
        var message = $"{act.Table} is protected: {why} {act.Object}".TrimEnd() + " is forbidden.";
        if (why != IntegrityRule)
            return new Finding(Info.Slug, Info.Severity, message, Info.Remedy + ".");
        var (name, sum) = (Path.GetFileName(file.File.Path), Approval.SumOf(file.File.Sql));
        var approval = file.Options.Approvals.FirstOrDefault(a => a.File == name && a.Sha256 == sum && a.Counts(file.Options.Today) && IsNamed(act.Table.Schema, act.Table.Name, a.Table));
        return new Finding(Info.Slug, Info.Severity, message, $"Have it approved by a line in the file of risk.approvals: {table} {name} sha256:{sum} by=\"NAME\" because=\"REASON\"")
        {
            SuppressedBecause = approval is null ? null : $"approved by {approval.By}: {approval.Because}",
        };
    }

    private const string IntegrityRule = "changing an integrity rule";

    private static string? Prohibition(ActKind kind) =>
        Removals.Contains(kind) ? "removing or renaming"
        : TypeChanges.Contains(kind) ? "changing the type of"
        : kind == ActKind.AddsRequiredColumn ? "adding the required column"
        : Integrity.Contains(kind) ? IntegrityRule
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
