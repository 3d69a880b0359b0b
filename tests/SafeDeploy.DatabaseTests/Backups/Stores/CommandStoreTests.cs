using SafeDeploy.Config;
using SafeDeploy.Integrations.BackupStores;
using SafeDeploy.Integrations.BackupStores.ShellCommand;
using SafeDeploy.Integrations.Processes;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.DatabaseTests.Backups.Stores;

/// <summary>Programs that keep files in a folder, as docs/guides/backup-stores.md shows them.</summary>
public sealed class CommandStoreTests : BackupStoreContract, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("safe-deploy-store").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    protected override IBackupStore Open() => Open(Commands);

    private RemoteStore Open(StoreCommands commands) => new(new CommandFiles(commands, _folder, new ProcessRunner(TimeProvider.System)));

    private static StoreCommands Commands { get; } = new(
        ["sh", "-ec", "mkdir -p kept/$(dirname $SAFE_DEPLOY_NAME); cp $SAFE_DEPLOY_FILE kept/$SAFE_DEPLOY_NAME.part; mv kept/$SAFE_DEPLOY_NAME.part kept/$SAFE_DEPLOY_NAME"],
        ["sh", "-ec", "cp kept/$SAFE_DEPLOY_NAME $SAFE_DEPLOY_FILE"],
        ["sh", "-ec", "mkdir -p kept; cd kept; find . -type f -printf '%P\\n'; echo a name of nobody; echo ../../x"],
        ["sh", "-ec", "rm -f kept/$SAFE_DEPLOY_NAME"]);

    [Fact]
    public async Task A_program_that_fails_is_quoted_and_named()
    {
        var problem = Assert.IsType<Problem>(await Open(Commands with { Put = ["sh", "-c", "echo no room >&2; exit 7"] }).ObstacleAsync(default));
        Assert.Equal(("SD0513", "put ended with exit code 7", "no room"), (problem.Code, problem.What, problem.Evidence));
    }

    [Theory]
    [InlineData("put")]
    [InlineData("get")]
    [InlineData("list")]
    public async Task A_program_that_says_yes_and_does_nothing_is_found_before_it_is_needed(string doing)
    {
        var nothing = Commands;
        nothing = doing switch { "put" => nothing with { Put = ["true"] }, "get" => nothing with { Get = ["true"] }, _ => nothing with { List = ["true"] } };
        var problem = Assert.IsType<Problem>(await Open(nothing).ObstacleAsync(default));
        Assert.Equal("SD0513", problem.Code);
    }

    [Fact]
    public async Task A_list_that_is_too_long_to_be_whole_is_refused()
    {
        var store = Open(Commands with { List = ["sh", "-c", "yes prod-1/manifest.json | head -c 2000000"] });
        var failure = await Assert.ThrowsAsync<ProblemException>(() => store.SetsAsync(default));
        Assert.Equal("list printed more than 1 MiB", failure.Problem.What);
    }

    [Fact]
    public async Task What_a_killed_process_left_on_this_machine_is_removed_and_what_a_living_one_works_in_is_not()
    {
        var (killed, living) = (Directory.CreateTempSubdirectory("safe-deploy-set-").FullName, Open());
        await File.WriteAllTextAsync(Path.Combine(killed, ".in-use"), "");
        var folder = await living.BeginAsync("prod-1", default);
        await Open().BeginAsync("prod-2", default);
        Assert.Equal((false, true), (Directory.Exists(killed), Directory.Exists(folder)));
        await living.AbandonAsync("prod-1");
        Assert.False(Directory.Exists(folder));
    }
}
