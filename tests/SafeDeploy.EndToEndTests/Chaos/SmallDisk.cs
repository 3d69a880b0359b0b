using System.Globalization;
using Npgsql;
using SafeDeploy.EndToEndTests.Crash;

namespace SafeDeploy.EndToEndTests.Chaos;

/// <summary>A tablespace on a disk of its own that a database is moved to; back again at the end.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const long Spare = 24;

    private readonly TestDatabase _database;
    private readonly string _name = $"sd_test_{Guid.NewGuid():N}";

    private SmallDisk(TestDatabase database) => _database = database;

    /// <summary>Where the disk is; a file in it takes room from the database.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("sd-disk-").FullName;

    public static async Task<SmallDisk> UnderAsync(TestDatabase database)
    {
        var disk = new SmallDisk(database);
        var size = await database.ScalarAsync<long>("select pg_database_size(current_database()) / 1048576");
        await Machine.MountAsync(disk.Folder, string.Create(CultureInfo.InvariantCulture, $"{size + Spare}m"));
        var place = Directory.CreateDirectory(Path.Combine(disk.Folder, "tablespace")).FullName;
        await Machine.GiveToServerAsync(place);
        await disk.OnServerAsync($"create tablespace {disk._name} location '{place}'");
        await disk.MoveAsync(disk._name);
        return disk;
    }

    public async ValueTask DisposeAsync()
    {
        await MoveAsync("pg_default");
        await OnServerAsync($"drop tablespace {_name}");
        await Machine.UnmountAsync(Folder);
        Directory.Delete(Folder);
    }

    /// <summary>A database is moved while nobody is in it.</summary>
    private async Task MoveAsync(string tablespace)
    {
        await OnServerAsync($"select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{_database.Name}'");
        await OnServerAsync($"alter database {_database.Name} set tablespace {tablespace}");
    }

    private async Task OnServerAsync(string sql)
    {
        await using var server = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Database = "postgres" }.ConnectionString);
        await server.OpenAsync();
        await using var command = new NpgsqlCommand(sql, server);
        await command.ExecuteNonQueryAsync();
    }
}
