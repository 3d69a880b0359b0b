using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Migrations.ShellCommand;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Tests.Migrations;

/// <summary>Another program keeps the history; only its status is believed.</summary>
public sealed class CommandEngineTests
{
    private readonly MemoryHold _hold = new();
    private readonly WrittenStory _story = new();
    private readonly Program _program = new();

    [Fact]
    public async Task It_goes_forward_and_back_and_the_ledger_says_what_the_status_showed()
    {
        var engine = Engine();
        var set = await engine.LoadAsync(CancellationToken.None);
        Assert.Equal(["shop.0001", "auth.0002"], set.Migrations.Select(m => m.Version.Text));
        var there = await engine.ForwardAsync(Work(), set.Migrations, CancellationToken.None);
        Assert.Null(there.Problem);
        var applied = (await engine.AppliedAsync([Scope.Parse("we\"ird x")], CancellationToken.None)).Values.Single();
        Assert.Equal(2, applied.Length);
        Assert.Empty(History.Compare(set, applied).Pending);
        Assert.Null((await engine.BackAsync(Work(), [.. applied.Reverse()], CancellationToken.None)).Problem);
        Assert.Equal(["we\"ird x +shop.0001", "we\"ird x +auth.0002", "we\"ird x -auth.0002", "we\"ird x -shop.0001"], _hold.Told());
    }

    [Fact]
    public async Task The_program_finds_the_documented_environment()
    {
        var engine = Engine();
        await engine.ForwardAsync(Work(), (await engine.LoadAsync(CancellationToken.None)).Migrations, CancellationToken.None);
        var call = _program.Calls.First(c => c.Arguments[0] == "forward");
        Golden.Verify(string.Join('\n', call.Environment.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}={e.Value}")));
    }

    [Fact]
    public async Task A_program_that_dies_half_way_leaves_what_its_status_shows()
    {
        _program.DiesAfter = 1;
        var engine = Engine();
        var set = await engine.LoadAsync(CancellationToken.None);
        var outcome = await engine.ForwardAsync(Work(), set.Migrations, CancellationToken.None);
        Assert.Equal(["shop.0001"], outcome.Done.Select(v => v.Text));
        Assert.Equal(["we\"ird x +shop.0001"], _hold.Told());
        Golden.Verify(ProblemText.Of(outcome.Problem!));
        _program.DiesAfter = int.MaxValue;
        var again = await engine.ForwardAsync(Work(), set.Migrations[1..], CancellationToken.None);
        Assert.Equal(["auth.0002"], again.Done.Select(v => v.Text));
    }

    [Fact]
    public async Task A_program_that_does_nothing_and_says_nothing_is_found_out()
    {
        var engine = Engine();
        var set = await engine.LoadAsync(CancellationToken.None);
        _program.Lies = true;
        Assert.Equal("SD0442", (await engine.ForwardAsync(Work(), set.Migrations, CancellationToken.None)).Problem?.Code);
        Assert.Empty(_hold.Told());
    }

    [Theory]
    [InlineData("Loading settings…\n0001 pending a\n")]
    [InlineData("0001 done a\n")]
    [InlineData("0001 pending a\n0001 pending b\n")]
    public async Task A_status_that_is_not_understood_is_refused_with_its_line(string output)
    {
        _program.Status = output;
        var refused = await Assert.ThrowsAsync<ProblemException>(() => Engine().LoadAsync(CancellationToken.None));
        Assert.Equal("SD0440", refused.Problem.Code);
    }

    [Fact]
    public async Task What_the_sql_command_prints_is_what_is_judged_and_silence_is_unknown()
    {
        var set = await Engine(sql: ["sql"]).LoadAsync(CancellationToken.None);
        Assert.Equal("alter table a add b int; -- shop.0001", set.Migrations[0].Forward.Sql);
        Assert.StartsWith("do $$", (await Engine().LoadAsync(CancellationToken.None)).Migrations[0].Forward.Sql, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_rollback_command_there_is_no_way_back()
    {
        var engine = Engine(rollback: null);
        Assert.Null((await engine.LoadAsync(CancellationToken.None)).Migrations[0].Rollback);
        var applied = new AppliedMigration(new MigrationVersion("shop.0001"), "", "", null, MigrationHeader.None, null);
        Assert.Equal("SD0443", (await engine.BackAsync(Work(), [applied], CancellationToken.None)).Problem?.Code);
    }

    private CommandEngine Engine(ImmutableArray<string>? sql = null) => Engine(["rollback"], sql);

    private CommandEngine Engine(ImmutableArray<string>? rollback, ImmutableArray<string>? sql = null) => new(
        new CommandEngineOptions(
            ScopeKind.Tenants, "/srv", new MigrationEngineSettings.Command(["forward"], rollback, ["status"], sql),
            new CommandLimits(TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(15), TimeSpan.FromHours(1)), new Secret("postgres://deployer:pw@db/pos")),
        _program, _ => Task.FromResult<ImmutableArray<Scope>>([Scope.Parse("we\"ird x")]), _story, TimeProvider.System);

    private ScopeWork Work() => new(Scope.Parse("we\"ird x"), _hold, StepName.MigrateTenants, "w", CancellationToken.None);

    /// <summary>A migration program with two migrations, in memory.</summary>
    private sealed class Program : ICommandRunner
    {
        private readonly string[] _all = ["shop.0001", "auth.0002"];
        private readonly HashSet<string> _applied = [];

        public List<CommandCall> Calls { get; } = [];

        public int DiesAfter { get; set; } = int.MaxValue;

        public bool Lies { get; set; }

        public string? Status { get; set; }

        public Task<CommandResult> RunAsync(CommandCall call, CancellationToken cancellation)
        {
            Calls.Add(call);
            return Task.FromResult(call.Arguments[0] switch
            {
                "forward" => Forward(),
                "rollback" => Ended(_applied.Remove(call.Environment["SAFE_DEPLOY_VERSION"]) ? 0 : 1, ""),
                "sql" => Ended(0, $"alter table a add b int; -- {call.Environment["SAFE_DEPLOY_VERSION"]}"),
                _ => Ended(0, Status ?? string.Concat(_all.Select(v => $"{v} {(_applied.Contains(v) ? "applied" : "pending")} a name\n"))),
            });
        }

        private CommandResult Forward()
        {
            if (Lies)
                return Ended(0, "");
            foreach (var version in _all)
            {
                if (_applied.Count >= DiesAfter)
                    return Ended(3, $"applied {_applied.Count}\ncould not apply {version}");
                _applied.Add(version);
            }

            return Ended(0, "done");
        }

        private static CommandResult Ended(int code, string output) => new(code, output, "", TimeSpan.FromSeconds(1), false);
    }
}
