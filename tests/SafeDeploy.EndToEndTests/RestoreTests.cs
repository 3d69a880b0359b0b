using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using SafeDeploy.EndToEndTests.Crash;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>The published program: a fleet is backed up, damaged and brought back, and every refusal says what to do.</summary>
public sealed class RestoreTests : IAsyncLifetime
{
    private const string Secret = "sesame-of-the-database";
    private const string FileSecret = "sesame-of-a-file";

    private const string Backup = """
        backup:
          store: file://${BACKUPS}
          same_disk: allowed
          verify: list
          client: ${CLIENT}
          files: [ config/ ]

        """;

    private readonly string _role = $"sd_restore_{Guid.NewGuid().ToString("N")[..12]}";
    private Sample _sample = null!;
    private string _set = "";

    // As a role that is no superuser, with a password that must be nowhere.
    public async Task InitializeAsync()
    {
        await AdminAsync($"create role {_role} login createdb password '{Secret}'");
        _sample = await Sample.OnAsync(await TestDatabase.CreateAsync(TestServers.Postgres, $"owner {_role}"), hasContainers: false);
        await _sample.Database.ExecuteAsync($"""
            do $$ declare s text; begin
                for s in select nspname from pg_namespace where nspname like 'tenant\_%' loop
                    execute format('alter schema %I owner to {_role}', s);
                    execute format('alter default privileges in schema %I revoke all on tables from pos_app', s);
                end loop; end $$;
            alter default privileges in schema public revoke all on tables from pos_app;
            alter database {_sample.Database.Name} reset all;
            alter schema control owner to {_role}; alter table control.tenant owner to {_role}
            """);
        _sample.Configure(Fleet.Config.Replace("select schema_name from control.tenant where active order by schema_name", "select nspname from pg_namespace where nspname ~ '^tenant_' order by 1", StringComparison.Ordinal) + Backup);
        _sample.Write("config/app.env", $"KEY={FileSecret}\n");
        _sample.Write("client/pg_dump", Tool("pg_dump"));
        _sample.Write("client/pg_restore", Tool("pg_restore"));
        _sample.Write("client/pg_dumpall", Tool("pg_dumpall"));
        foreach (var tool in Directory.GetFiles(Path.Combine(_sample.Home, "client")))
            File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        _sample.Migration("000001_items", "create table item (id integer primary key, code text);", "drop table item;");
        var run = await CallAsync("run");
        Assert.True(run.ExitCode == 0, run.ToString());
        for (var tenant = 1; tenant <= 3; tenant++)
            await _sample.Database.ExecuteAsync($"insert into tenant_00{tenant}.item select n, 'c' || n from generate_series(1, 50) n");
        Assert.Equal(0, (await CallAsync("preflight", "--deployment", "nightly")).ExitCode);
        var backup = await CallAsync("backup", "--deployment", "nightly");
        Assert.True(backup.ExitCode == 0, backup.ToString());
        var sets = (await CallAsync("restore", "--list", "--output", "json")).Json.GetProperty("sets");
        _set = sets[0].GetProperty("set").GetString()!;
        await CallAsync("recover", "--take-over");
    }

    public async Task DisposeAsync()
    {
        foreach (var name in await DatabasesAsync())
            await AdminAsync($"drop database if exists \"{name}\" with (force)");
        await _sample.DisposeAsync();
        await AdminAsync($"drop role {_role}");
    }

    [Fact]
    public async Task Nothing_is_restored_without_a_choice_an_answer_and_a_set_that_holds_it()
    {
        var before = await Dump.OfAsync(_sample.Database);
        var refusals = new List<string>();
        foreach (var line in (string[])["", "--set {0}", "--set {0} --tenant tenant_404 --yes", "--set no-such-set --everything --yes", "--set {0} --everything", "--set {0} --tenant tenant_001", "--set {0} --files"])
        {
            var refused = await CallAsync(["restore", .. string.Format(System.Globalization.CultureInfo.InvariantCulture, line, _set).Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
            Assert.True(refused.ExitCode == 3, refused.ToString());
            refusals.AddRange(refused.Problems);
        }

        Golden.Verify(Normal.Text(string.Join("\n", refusals).Replace(_set, "SET", StringComparison.Ordinal), _sample));
        var two = await CallAsync("restore", "--set", _set, "--everything", "--files");
        Assert.True(two.ExitCode == 64, two.ToString());
        Assert.Equal(before, await Dump.OfAsync(_sample.Database));
    }

    [Fact]
    public async Task A_set_is_proved_by_restore_on_demand_and_its_hash_is_that_of_the_report()
    {
        var proved = await CallAsync("backup", "--verify", "restore", "--output", "json");
        Assert.True(proved.ExitCode == 0, proved.ToString());
        Assert.Equal((_set, "restore"), (proved.Json.GetProperty("set").GetProperty("set").GetString(), proved.Json.GetProperty("set").GetProperty("verified_level").GetString()));
        Assert.True(proved.Json.GetProperty("seconds").GetDouble() > 0 && proved.Json.GetProperty("set").GetProperty("bytes").GetInt64() > 0);
        var manifest = Path.Combine(_sample.Backups, _set, "manifest.json");
        var hash = await HashAsync(manifest);
        Assert.Equal(hash, proved.Json.GetProperty("sha256").GetString());
        var parts = JsonDocument.Parse(await File.ReadAllTextAsync(manifest)).RootElement.GetProperty("parts").EnumerateArray().ToList();
        Assert.True(parts.Count > 1);
        foreach (var part in parts)
            Assert.Equal(await HashAsync(Path.Combine(_sample.Backups, _set, part.GetProperty("file").GetString()!)), part.GetProperty("sha256").GetString());
        foreach (var format in (string[])["markdown", "html", "json", "post-mortem"])
            Assert.Contains(hash, (await CallAsync("report", "--deployment", "nightly", "--format", format)).Out, StringComparison.Ordinal);

        var choices = await CallAsync("rollback", "--list", "--output", "json");
        Assert.True(choices.ExitCode == 0, choices.ToString());
        Assert.Equal((_set, 2), (choices.Json.GetProperty("sets")[0].GetProperty("set").GetString(), choices.Json.GetProperty("sets").GetArrayLength()));
        Assert.Contains("no release to go back to", (await CallAsync("rollback", "--list")).Out, StringComparison.Ordinal);
        var nowhere = await CallAsync("rollback", "--to", "");
        Assert.True(nowhere.ExitCode is 3 or 64, nowhere.ToString());

        await using (var part = File.Open(Path.Combine(_sample.Backups, _set, parts[0].GetProperty("file").GetString()!), FileMode.Open))
        {
            var was = part.ReadByte();
            part.Position = 0;
            part.WriteByte((byte)(was ^ 1));
        }

        var damaged = await CallAsync("backup", "--verify", "checksum");
        Assert.True(damaged.ExitCode == 1, damaged.ToString());
        Assert.Contains("SD0508", damaged.Error, StringComparison.Ordinal);
        Assert.Equal("", (await CallAsync("restore", "--list", "--output", "json")).Json.GetProperty("sets")[0].GetProperty("verified_level").GetString());
    }

    [Fact]
    public async Task A_tenant_everything_and_files_come_back_and_no_secret_is_left_anywhere()
    {
        await using var processes = ProcessList.Watched(Secret, FileSecret);
        var whole = await Dump.OfAsync(_sample.Database);
        await _sample.Database.ExecuteAsync("delete from tenant_002.item; insert into tenant_003.item values (99, 'newer')");
        var tenant = await CallAsync("restore", "--set", _set, "--tenant", "tenant_002", "--yes", "--reason", "deleted by mistake");
        Assert.True(tenant.ExitCode == 0, tenant.ToString());
        Assert.Equal("50 51", await _sample.Database.ScalarAsync<string>("select (select count(*) from tenant_002.item) || ' ' || (select count(*) from tenant_003.item)"));

        await _sample.Database.ExecuteAsync("drop schema tenant_001 cascade; drop table tenant_003.item; create schema tenant_009; create table tenant_009.item (id int)");
        var told = await CallAsync("restore", "--set", _set, "--everything", "--dry-run", "--output", "json");
        Assert.True(told.ExitCode == 0, told.ToString());
        Assert.Contains(told.Json.GetProperty("tenants").EnumerateArray(), t => t.GetProperty("schema").GetString() == "tenant_009" && !t.GetProperty("in_set").GetBoolean());
        var everything = await CallAsync("restore", "--set", _set, "--everything", "--yes", "--output", "json");
        Assert.True(everything.ExitCode == 0, everything.ToString());
        Assert.Equal("restored", everything.Json.GetProperty("conclusion").GetString());
        // Roles outside the set's schemas and the kept schema of before are the only difference.
        Assert.Equal("", Difference(whole, await Dump.OfAsync(_sample.Database)));
        Assert.Equal(2, (await CallAsync("history", "--output", "json")).Json.GetProperty("deployments").EnumerateArray().Count(d => d.GetProperty("conclusion").GetString() == "restored"));
        var next = await CallAsync("run");
        Assert.True(next.ExitCode == 0, next.ToString());

        File.Delete(Path.Combine(_sample.Home, "config", "app.env"));
        var files = await CallAsync("restore", "--set", _set, "--files", "--yes");
        Assert.True(files.ExitCode == 0, files.ToString());
        Assert.Equal($"KEY={FileSecret}\n", await File.ReadAllTextAsync(Path.Combine(_sample.Home, "config", "app.env")));
        await AssertNoSecretAsync();
        Assert.True(processes.Found.Looks > 10);
        Assert.Empty(processes.Found.Seen);
    }

    [Fact]
    public async Task A_restore_of_everything_that_is_killed_leaves_the_database_and_is_ended_by_recover_or_called_again()
    {
        await _sample.Database.ExecuteAsync("delete from tenant_002.item");
        var before = await Dump.OfAsync(_sample.Database);
        await LedgerStop.InstallAsync(_sample.Database);
        await _sample.Database.ExecuteAsync($"grant all on schema crash_test to {_role}; grant all on all tables in schema crash_test to {_role}");
        await KillAsync("intended");
        var recovered = await CallAsync("recover", "--output", "json");
        Assert.True(recovered.ExitCode == 0, recovered.ToString());
        Assert.Equal("cancelled", recovered.Json.GetProperty("conclusion").GetString());
        Assert.Equal(before, await Dump.OfAsync(_sample.Database));

        await KillAsync("noted");
        Assert.Single(await DatabasesAsync());
        Assert.Equal(before, await Dump.OfAsync(_sample.Database));
        await _sample.Database.ExecuteAsync("drop schema crash_test cascade");
        var again = await CallAsync("restore", "--set", _set, "--everything", "--yes");
        Assert.True(again.ExitCode == 0, again.ToString());
        Assert.Contains("removed the database that an earlier call", again.Error, StringComparison.Ordinal);
        Assert.Equal(50, await _sample.Database.ScalarAsync<long>("select count(*) from tenant_002.item"));
        Assert.StartsWith("safe_deploy_old_", Assert.Single(await DatabasesAsync()), StringComparison.Ordinal);
    }

    private static async Task<string> HashAsync(string file)
    {
        await using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream));
    }

    /// <summary>Just after the first line of this kind: the next one is not written.</summary>
    private async Task KillAsync(string kind)
    {
        await using var stop = await LedgerStop.ArmAsync(_sample.Database, new LedgerPoint("restore", kind, 1));
        using var run = Start("restore", "--set", _set, "--everything", "--yes");
        Assert.True(await stop.ReachedAsync(run), $"the restore ended before {kind}: {(run.HasExited ? await run.EndAsync() : null)}");
    }

    /// <summary>Writes down how it was called before it becomes the real tool.</summary>
    private string Tool(string name) => $"""
        #!/bin/sh
        printf '%s\n' "$*" >>"{_sample.Home}/argv"
        exec "{Path.Combine(TestServers.PostgresBin, name)}" "$@"

        """;

    private async Task AssertNoSecretAsync()
    {
        string[] outputs = ["report", "history", "status"];
        foreach (var verb in outputs)
            await CallAsync(verb, "--output", "json");
        var ledger = await DumpLedgerAsync();
        var files = Directory.GetFiles(_sample.Backups, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".dump", StringComparison.Ordinal) && !f.EndsWith(".gz", StringComparison.Ordinal));
        var arguments = await File.ReadAllTextAsync(Path.Combine(_sample.Home, "argv"));
        Assert.Contains("--snapshot=", arguments, StringComparison.Ordinal);
        Assert.Contains("--section=post-data", arguments, StringComparison.Ordinal);
        foreach (var text in (string[])[_sample.Said, ledger, arguments, .. await Task.WhenAll(files.Select(f => File.ReadAllTextAsync(f)))])
            Assert.All((string[])[Secret, FileSecret], secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        foreach (var left in Directory.GetFiles(Temporary, "*", SearchOption.AllDirectories))
            Assert.DoesNotContain(Secret, await File.ReadAllTextAsync(left), StringComparison.Ordinal);
    }

    private async Task<string> DumpLedgerAsync()
    {
        using var dump = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            Path.Combine(TestServers.PostgresBin, "pg_dump"), ["--data-only", "--schema=safe_deploy", _sample.Database.Url])
        { RedirectStandardOutput = true })!;
        var text = await dump.StandardOutput.ReadToEndAsync();
        await dump.WaitForExitAsync();
        return text;
    }

    private static string Difference(string then, string now) => string.Join('\n', Lines(then).Except(Lines(now)).Concat(Lines(now).Except(Lines(then))));

    private static IEnumerable<string> Lines(string dump) => dump.Split('\n').Where(l => !l.StartsWith("--", StringComparison.Ordinal));

    /// <summary>Of the program's own: other tests make and remove their files in the machine's.</summary>
    private string Temporary => Directory.CreateDirectory(Path.Combine(_sample.Home, "temporary")).FullName;

    private (string, string)[] Variables => [("TMPDIR", Temporary), ("CLIENT", Path.Combine(_sample.Home, "client")), ("DATABASE_URL", new UriBuilder(_sample.Database.Url) { UserName = _role, Password = Secret }.Uri.ToString())];

    private CliProcess Start(params string[] arguments) => _sample.Start("v1", arguments, Variables);

    private Task<CliResult> CallAsync(params string[] arguments) => _sample.CliAsync("v1", arguments, Variables);

    private async Task<string[]> DatabasesAsync()
    {
        await using var connection = await AdminOpenAsync();
        await using var command = new NpgsqlCommand("""
            select d.datname::text from pg_database d where d.datname like 'safe\_deploy\_old\_%' || left($1, 30) || '%'
                or d.datname = 'safe_deploy_new_' || (select live.oid from pg_database live where live.datname = $1)
            """, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = _sample.Database.Name } } };
        await using var rows = await command.ExecuteReaderAsync();
        var names = new List<string>();
        while (await rows.ReadAsync())
            names.Add(rows.GetString(0));
        return [.. names];
    }

    private static async Task<NpgsqlConnection> AdminOpenAsync()
    {
        var login = TestServers.Postgres.UserInfo.Split(':', 2);
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = TestServers.Postgres.Host,
            Port = TestServers.Postgres.Port,
            Username = Uri.UnescapeDataString(login[0]),
            Password = login.Length == 2 ? Uri.UnescapeDataString(login[1]) : null,
            Database = "postgres",
            Pooling = false,
        }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task AdminAsync(string sql)
    {
        await using var connection = await AdminOpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
