using SafeDeploy.Config;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Integrations.Yaml;
using SafeDeploy.Risk;

namespace SafeDeploy.Tests.Risk;

/// <summary>The four prohibitions on protected tables, and the one that an approval opens.</summary>
public sealed class ProtectedTableTests
{
    private const string Schema = "create table fiscal_nfcedocumento (id int primary key, chave varchar(44), total numeric(10, 2)); create table \"NfceDocumento\" (id int, chave text);";

    private const string Integrity = "alter table fiscal_nfcedocumento add constraint chave_len check (length(chave) = 44) not valid;";

    private static Finding[] Judge(string sql, DateOnly today, params Approval[] approvals) =>
    [
        .. PlanFiles.Run(
            PgQueryParser.Load(), [new RiskFile("db/tenant/000042_chave.up.sql", sql)], new RiskFile("before.sql", Schema),
            new RiskOptions(false, ["NfceDocumento"], today) { Approvals = [.. approvals] }, CancellationToken.None).Statements.SelectMany(s => s.Findings).Where(f => f.Rule is "protected-table" or "unused-suppression"),
    ];

    private static readonly DateOnly Today = new(2026, 11, 29);

    private static Approval Approved(string sql, DateOnly? until = null) => new("NfceDocumento", "000042_chave.up.sql", Approval.SumOf(sql), "Ana Souza", "agreed with the fiscal team", until);

    [Theory]
    [InlineData("alter table fiscal_nfcedocumento drop column chave;")]
    [InlineData("alter table \"NfceDocumento\" drop column chave;")]
    [InlineData("alter table fiscal_nfcedocumento alter column total type numeric(8, 1);")]
    [InlineData("alter table fiscal_nfcedocumento add column serie int not null;")]
    public void What_removes_retypes_or_demands_a_value_nobody_can_approve(string sql)
    {
        var finding = Assert.Single(Judge(sql, Today, Approved(sql)));
        Assert.Equal((Severity.Critical, null), (finding.Severity, finding.SuppressedBecause));
    }

    [Fact]
    public void A_change_of_an_integrity_rule_passes_with_an_approval_of_this_very_text()
    {
        var sum = Approval.SumOf(Integrity);
        Assert.Contains($"NfceDocumento 000042_chave.up.sql sha256:{sum} by=", Assert.Single(Judge(Integrity, Today)).Remedy, StringComparison.Ordinal);
        Assert.Equal("approved by Ana Souza: agreed with the fiscal team", Assert.Single(Judge(Integrity, Today, Approved(Integrity))).SuppressedBecause);
        Assert.Null(Assert.Single(Judge(Integrity + " ", Today, Approved(Integrity))).SuppressedBecause);
        Assert.Null(Assert.Single(Judge(Integrity, Today, Approved(Integrity, Today.AddDays(-1)))).SuppressedBecause);
    }

    [Fact]
    public void A_comment_in_the_migration_does_not_silence_it()
    {
        var findings = Judge("-- safe-deploy: ignore protected-table because=\"I say so\"\n" + Integrity, Today);
        Assert.Equal(["protected-table", "unused-suppression"], findings.Select(f => f.Rule));
        Assert.All(findings, f => Assert.Null(f.SuppressedBecause));
    }

    [Fact]
    public async Task The_file_of_approvals_is_read_with_the_configuration_and_a_line_that_is_none_is_named()
    {
        var folder = Directory.CreateTempSubdirectory("approvals");
        var path = Path.Combine(folder.FullName, "safe-deploy.yml");
        await File.WriteAllTextAsync(path, Config.Yml.Head + "risk: { protected_tables: [ NfceDocumento ], approvals: approvals.txt }\n");
        var approvals = Path.Combine(folder.FullName, "approvals.txt");
        var line = $"NfceDocumento 000042_chave.up.sql sha256:{Approval.SumOf(Integrity)} by=\"Ana\" because=\"agreed\" until=2027-01-31\n";

        Assert.Contains("not there", (await ReadAsync(path)).Problems.Single().What, StringComparison.Ordinal);
        await File.WriteAllTextAsync(approvals, "# who answers\n\n" + line);
        var read = Assert.Single((await ReadAsync(path)).Config!.Risk.Approvals);
        Assert.Equal(("Ana", new DateOnly(2027, 1, 31)), (read.By, read.Until!.Value));
        await File.WriteAllTextAsync(approvals, line + "NfceDocumento x by=\"Ana\"\n");
        Assert.EndsWith("approvals.txt:2", (await ReadAsync(path)).Problems.Single().Where, StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    private static Task<ConfigReading> ReadAsync(string path) => ConfigFile.ReadAsync(path, new ConfigRequest(null, System.Collections.Immutable.ImmutableDictionary<string, string>.Empty, []), default);
}
