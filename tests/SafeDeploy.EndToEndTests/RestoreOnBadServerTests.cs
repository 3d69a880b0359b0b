using SafeDeploy.EndToEndTests.Crash;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>A restore meets a server whose disk becomes full, and one that dies midway: the live database is as it was, and the way on is told.</summary>
public sealed class RestoreOnBadServerTests
{
    // pg_restore waits before the rows until the test lets it go on, where the test asks for that.
    private const string WaitingTool = """
        #!/bin/sh
        case "$*" in
          *--section=data*) if [ -e "{0}/stop" ]; then : >"{0}/reached"; while [ ! -e "{0}/go" ]; do sleep 0.05; done; fi ;;
        esac
        exec "{1}" "$@"

        """;

    private const string Backup = """
        backup:
          store: file://${BACKUPS}
          same_disk: allowed
          client: ${CLIENT}

        """;

    private const int Spare = 512 * 1024;

    [Fact]
    public async Task A_full_disk_and_a_server_that_dies_leave_what_was_there_and_the_same_call_goes_on()
    {
        await using var server = await OwnServer.StartAsync();
        var space = Directory.CreateTempSubdirectory("sd-space-").FullName;
        await Machine.MountAsync(space, "96m");
        try
        {
            var folder = Directory.CreateDirectory(Path.Combine(space, "server")).FullName;
            await Machine.GiveToServerAsync(folder);
            await server.ExecuteAsync($"create tablespace small location '{folder}'");
            await using var sample = await DamagedAsync(server);
            var before = await Dump.OfAsync(sample.Database);
            await FullAsync(sample, space);
            Assert.Equal(before, await Dump.OfAsync(sample.Database));
            await DyingAsync(sample, server);
            Assert.Equal(before, await Dump.OfAsync(sample.Database));
            await AgainAsync(sample);
        }
        finally
        {
            await server.StopAsync("immediate");
            await Machine.UnmountAsync(space);
            Directory.Delete(space);
        }
    }

    /// <summary>A fleet that was backed up and has lost the rows of a tenant since.</summary>
    private static async Task<Sample> DamagedAsync(OwnServer server)
    {
        var sample = await Sample.OnAsync(await TestDatabase.CreateAsync(server.Address, "tablespace small"), hasContainers: false);
        sample.Configure(Fleet.Config + Backup);
        foreach (var tool in (string[])["pg_dump", "pg_dumpall", "pg_restore"])
        {
            var real = Path.Combine(TestServers.PostgresBin, tool);
            sample.Write($"client/{tool}", tool == "pg_restore"
                ? WaitingTool.Replace("{0}", sample.Home, StringComparison.Ordinal).Replace("{1}", real, StringComparison.Ordinal)
                : $"#!/bin/sh\nexec \"{real}\" \"$@\"\n");
            File.SetUnixFileMode(Path.Combine(sample.Home, "client", tool), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        sample.Migration("000001_items", "create table item (id integer primary key, code text);", "drop table item;");
        Done(await CallAsync(sample, "run"));
        await sample.Database.ExecuteAsync("insert into tenant_002.item select n, repeat(md5(n::text), 8) from generate_series(1, 20000) n");
        Done(await CallAsync(sample, "preflight", "--deployment", "nightly"));
        Done(await CallAsync(sample, "backup", "--deployment", "nightly"));
        Done(await CallAsync(sample, "recover", "--take-over"));
        await sample.Database.ExecuteAsync("truncate tenant_002.item");
        // A new database is full of holes until then, and a server that can write none of them drops nothing.
        await server.ExecuteAsync("checkpoint");
        return sample;
    }

    private static async Task FullAsync(Sample sample, string space)
    {
        var set = await SetAsync(sample);
        await Machine.FillAsync(space, Spare);
        // Known beforehand where the server's disk is on this machine; met on the way by one tenant.
        var refused = await CallAsync(sample, "restore", "--set", set, "--everything", "--yes");
        Assert.Equal((1, true), (refused.ExitCode, refused.ToString().Contains("SD0536", StringComparison.Ordinal)));
        var tenant = await CallAsync(sample, "restore", "--set", set, "--tenant", "tenant_002", "--yes");
        Assert.True(tenant.ExitCode == 1 && tenant.ToString().Contains("SD0536", StringComparison.Ordinal) && tenant.ToString().Contains("SQLSTATE 53100", StringComparison.Ordinal), tenant.ToString());
        File.Delete(Path.Combine(space, "filler"));

        var becomesFull = await StoppedAsync(sample, () => Machine.FillAsync(space, Spare));
        Assert.True(becomesFull.ExitCode == 1 && becomesFull.ToString().Contains("SD0536", StringComparison.Ordinal), becomesFull.ToString());
        File.Delete(Path.Combine(space, "filler"));
        Assert.Equal(0, await sample.Database.ScalarAsync<long>("select count(*) from pg_database where datname like 'safe\\_deploy\\_new\\_%'"));
    }

    private static async Task DyingAsync(Sample sample, OwnServer server)
    {
        var dies = await StoppedAsync(sample, () => server.StopAsync("immediate"));
        Assert.True(dies.ExitCode is 2 or 130 && dies.Problems.Length > 0 && !dies.ToString().Contains("Unhandled", StringComparison.Ordinal), dies.ToString());
        await server.StartAgainAsync();
    }

    private static async Task AgainAsync(Sample sample)
    {
        Done(await CallAsync(sample, "recover", "--take-over"));
        Assert.Equal(0, await sample.Database.ScalarAsync<long>("select count(*) from pg_database where datname like 'safe\\_deploy\\_new\\_%'"));
        Done(await CallAsync(sample, "restore", "--set", await SetAsync(sample), "--everything", "--yes"));
        Assert.Equal(20_000, await sample.Database.ScalarAsync<long>("select count(*) from tenant_002.item"));
        Assert.Equal("small", await sample.Database.ScalarAsync<string>("select spcname::text from pg_database d join pg_tablespace t on t.oid = d.dattablespace where d.datname = current_database()"));
    }

    /// <summary>A restore of everything; something happens after its definitions and before its rows.</summary>
    private static async Task<CliResult> StoppedAsync(Sample sample, Func<Task> happens)
    {
        string In(string name) => Path.Combine(sample.Home, name);
        await File.WriteAllTextAsync(In("stop"), "");
        using var restore = sample.Start("v1", ["restore", "--set", await SetAsync(sample), "--everything", "--yes"], Variables(sample));
        await Eventually.Async(() => Task.FromResult(File.Exists(In("reached")) || restore.HasExited), TimeSpan.FromMinutes(1), what: "the rows are next, or the restore has ended");
        Assert.True(File.Exists(In("reached")), "the restore ended before");
        await happens();
        File.Delete(In("stop"));
        await File.WriteAllTextAsync(In("go"), "");
        var end = await restore.EndAsync();
        File.Delete(In("go"));
        File.Delete(In("reached"));
        return end;
    }

    private static async Task<string> SetAsync(Sample sample) =>
        (await CallAsync(sample, "restore", "--list", "--output", "json")).Json.GetProperty("sets").EnumerateArray()
            .First(s => s.GetProperty("release").GetString() != "before-restore").GetProperty("set").GetString()!;

    private static void Done(CliResult result) => Assert.True(result.ExitCode == 0, result.ToString());

    private static (string, string)[] Variables(Sample sample) => [("CLIENT", Path.Combine(sample.Home, "client"))];

    private static Task<CliResult> CallAsync(Sample sample, params string[] arguments) => sample.CliAsync("v1", arguments, Variables(sample));
}
