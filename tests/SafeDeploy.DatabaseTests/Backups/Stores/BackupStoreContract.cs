using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.DatabaseTests.Backups.Stores;

/// <summary>What every store promises, whatever keeps the files.</summary>
public abstract class BackupStoreContract
{
    /// <summary>The same place, as another process sees it.</summary>
    protected abstract IBackupStore Open();

    [Fact]
    public async Task A_set_is_there_when_its_manifest_is_and_not_before()
    {
        var store = Open();
        Assert.Null(await store.ObstacleAsync(default));
        var folder = await store.BeginAsync("prod-1", default);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        await KeptAsync(store, folder, "public.dump", "part");
        await File.WriteAllTextAsync(Path.Combine(folder, "manifest.json"), "{}");
        Assert.Empty(await Open().SetsAsync(default));
        await store.CompleteAsync("prod-1", "manifest.json", default);
        await store.AbandonAsync("prod-1");
        var seen = Open();
        Assert.Equal(["prod-1"], (await seen.SetsAsync(default)).ToArray());
        Assert.Equal("part", await ReadAsync(seen, "prod-1", "public.dump"));
        Assert.Equal("{}", await ReadAsync(seen, "prod-1", "manifest.json"));
        Assert.Null(await seen.OpenAsync("prod-1", "files.tar.gz", default));
        Assert.Null(await seen.OpenAsync("prod-2", "manifest.json", default));
    }

    [Fact]
    public async Task What_was_abandoned_or_interrupted_is_no_set_and_is_gone_when_it_is_begun_again()
    {
        var store = Open();
        await KeptAsync(store, await store.BeginAsync("prod-1", default), "public.dump", "old");
        await store.AbandonAsync("prod-1");
        Assert.Null(await Open().OpenAsync("prod-1", "public.dump", default));
        var killed = Open();
        await KeptAsync(killed, await killed.BeginAsync("prod-1", default), "tenants-001.dump", "old");
        var next = Open();
        await CompleteAsync(next, "prod-1", "new");
        Assert.Equal("new", await ReadAsync(next, "prod-1", "public.dump"));
        Assert.Null(await next.OpenAsync("prod-1", "tenants-001.dump", default));
    }

    [Fact]
    public async Task A_word_beside_the_parts_is_replaced_and_makes_no_set()
    {
        var store = Open();
        await CompleteAsync(store, "prod-1", "part");
        await store.WriteAsync("prod-1", "verified.json", "once", default);
        await store.WriteAsync("prod-1", "verified.json", "twice", default);
        await store.WriteAsync("ledger", "prod-1.jsonl", "line\n", default);
        Assert.Equal("twice", await ReadAsync(Open(), "prod-1", "verified.json"));
        Assert.Equal("line\n", await ReadAsync(Open(), "ledger", "prod-1.jsonl"));
        Assert.Equal(["prod-1"], (await Open().SetsAsync(default)).ToArray());
    }

    [Fact]
    public async Task A_set_that_is_removed_is_gone_and_its_neighbours_stay()
    {
        var store = Open();
        foreach (var set in new[] { "prod-1", "prod-10", "prod-2" })
            await CompleteAsync(store, set, set);
        await store.DeleteAsync("prod-1", default);
        Assert.Equal(["prod-10", "prod-2"], (await Open().SetsAsync(default)).Order(StringComparer.Ordinal));
        Assert.Null(await Open().OpenAsync("prod-1", "public.dump", default));
        Assert.Equal("prod-10", await ReadAsync(Open(), "prod-10", "public.dump"));
    }

    [Theory]
    [InlineData("../prod")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("prod.unfinished")]
    public async Task A_name_that_could_leave_the_store_is_refused(string name)
    {
        var store = Open();
        foreach (var call in new Func<Task>[]
        {
            () => store.BeginAsync(name, default), () => store.OpenAsync(name, "manifest.json", default), () => store.OpenAsync("prod-1", name, default),
            () => store.DeleteAsync(name, default), () => store.WriteAsync(name, "x", "", default),
        })
            Assert.Equal("SD0511", (await Assert.ThrowsAsync<ProblemException>(call)).Problem.Code);
    }

    private static async Task CompleteAsync(IBackupStore store, string set, string text)
    {
        var folder = await store.BeginAsync(set, default);
        await KeptAsync(store, folder, "public.dump", text, set);
        await File.WriteAllTextAsync(Path.Combine(folder, "manifest.json"), "{}");
        await store.CompleteAsync(set, "manifest.json", default);
    }

    private static async Task KeptAsync(IBackupStore store, string folder, string file, string text, string set = "prod-1")
    {
        await File.WriteAllTextAsync(Path.Combine(folder, file), text);
        await store.KeepAsync(set, file, default);
    }

    private static async Task<string> ReadAsync(IBackupStore store, string set, string file)
    {
        using var stored = await store.OpenAsync(set, file, default) ?? throw new InvalidOperationException($"{set}/{file} is not there");
        return await File.ReadAllTextAsync(stored.Path);
    }
}
