using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>A program of somebody else's migrates the tenants: a script over psql, with a history of its own in each schema.</summary>
public sealed class CommandEngineTests
{
    private const string Program = """
        #!/bin/sh
        set -eu
        sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$SAFE_DEPLOY_DATABASE_URL" "$@"; }
        applied=$(sql -c 'select version from history')
        case $1 in
            status)
                for file in steps/*.up.sql; do
                    version=${file#steps/} version=${version%.up.sql}
                    case $applied in *"$version"*) echo "$version applied" ;; *) echo "$version pending" ;; esac
                done ;;
            forward)
                for file in steps/*.up.sql; do
                    version=${file#steps/} version=${version%.up.sql}
                    case $applied in *"$version"*) continue ;; esac
                    sql --single-transaction -f "$file" -c "insert into history values ('$version')"
                    [ "$version" != "$SAFE_DEPLOY_TO" ] || break
                done ;;
            rollback) sql --single-transaction -f "steps/$SAFE_DEPLOY_VERSION.down.sql" -c "delete from history where version = '$SAFE_DEPLOY_VERSION'" ;;
            sql) cat "steps/$SAFE_DEPLOY_VERSION.up.sql" ;;
        esac

        """;

    private static readonly string Config = Fleet.Config.Replace(
        "{ engine: sql, path: db/tenant }",
        "{ engine: command, forward: [ ./migrate-tenant, forward ], rollback: [ ./migrate-tenant, rollback ], status: [ ./migrate-tenant, status ], sql: [ ./migrate-tenant, sql ] }",
        StringComparison.Ordinal);

    [Fact]
    public async Task A_fleet_is_brought_forward_by_a_program_and_back_when_it_fails_on_one_tenant()
    {
        await using var sample = await Fleet.CreateAsync(Config);
        sample.Write("migrate-tenant", Program);
        File.SetUnixFileMode(Path.Combine(sample.Home, "migrate-tenant"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        foreach (var tenant in (string[])["tenant_001", "tenant_002", "tenant_003"])
            await sample.Database.ExecuteAsync($"create table {tenant}.history (version text primary key)");
        Step(sample, "001", "create table item (id integer, code text);", "drop table item;");
        await sample.DeployAsync("v1");
        Assert.Equal(["001"], await HistoriesAsync(sample));

        await sample.Database.ExecuteAsync("insert into tenant_002.item values (1, 'b'), (2, 'b')");
        Step(sample, "002", "alter table item add constraint item_code_key unique (code);", "alter table item drop constraint item_code_key;");
        var before = await sample.StructureAsync();
        var run = await sample.RunAsync("v2", "run");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal(["001"], await HistoriesAsync(sample));
        Assert.Equal(before, await sample.StructureAsync());
        Golden.Verify(Normal.Text($"{run.Problems[0]}\n\n{run.Out}", sample), "A_program_that_fails_on_one_tenant");
    }

    private static void Step(Sample sample, string version, string forward, string back)
    {
        sample.Write($"steps/{version}.up.sql", forward + "\n");
        sample.Write($"steps/{version}.down.sql", back + "\n");
    }

    /// <summary>What the program's own tables say, each answer once: one element means no mix.</summary>
    private static async Task<string[]> HistoriesAsync(Sample sample)
    {
        var histories = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tenant in (string[])["tenant_001", "tenant_002", "tenant_003"])
            histories.Add(await sample.Database.ScalarAsync<string>($"select string_agg(version, ' ' order by version) from {tenant}.history") ?? "none");
        return [.. histories];
    }
}
