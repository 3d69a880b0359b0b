using System.Runtime.CompilerServices;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Fleet;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Tests.Risk;

/// <summary>tests/rules/SLUG/{unsafe,safe}.sql; what stands above "-- change" existed before.</summary>
internal static class RuleExamples
{
    private const string Mark = "-- change\n";

    public static readonly string Folder = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", "rules"));

    private static string ThisFile([CallerFilePath] string file = "") => file;

    public static bool Has(string slug) => Directory.Exists(Path.Combine(Folder, slug));

    public static (string Before, string Change) Read(string slug, string file)
    {
        var text = File.ReadAllText(Path.Combine(Folder, slug, file)).ReplaceLineEndings("\n");
        var cut = text.IndexOf(Mark, StringComparison.Ordinal);
        return cut < 0 ? ("", text) : (text[..cut], text[(cut + Mark.Length)..]);
    }

    public static RiskReport Judge(string slug, string file, ISqlParser parser)
    {
        var (before, change) = Read(slug, file);
        var options = RiskOptions.Default with { ProtectedTables = ["NfceDocumento"], Tenants = Tenants(slug) };
        return PlanFiles.Run(parser, [new RiskFile(file, change)], before.Length == 0 ? null : new RiskFile("before.sql", before), options, CancellationToken.None);
    }

    // Only the rules that speak of tenants are shown a fleet.
    private static TenantContext? Tenants(string slug) => slug is "tenant-touches-shared-table" or "names-a-tenant-schema" or "shared-table-of-every-tenant"
        ? new TenantContext(slug != "shared-table-of-every-tenant", [], ["tenant_007", "tenant_008"], ["public.plan"])
        : null;
}
