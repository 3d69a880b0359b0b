using System.Globalization;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>v1 of the sample serves; jobs of v2 are cancelled in the middle of each step of the chain, one after the other.</summary>
public sealed class CancelledSteps : IAsyncLifetime
{
    private static readonly string[] Chain = ["preflight", "backup", "migrate-public", "migrate-tenants", "deploy-image", "verify-health"];

    private SampleJobs _jobs = null!;

    /// <summary>What people can read of it, and how the cancelled step ended.</summary>
    public Dictionary<string, (string Told, JobReport Report)> Steps { get; } = [];

    public async Task InitializeAsync()
    {
        _jobs = await SampleJobs.CreateAsync();
        var first = await _jobs.Job("v1").RunAsync(await SampleJobs.StepAsync("run"));
        Assert.True(first.Conclusion == JobConclusion.Success, first.Everything);
        await _jobs.Sample.SqlFileAsync("seed/data.sql");
        // Each step waits for what somebody else has locked; those of the image for a release that is not ready, and for a soak.
        await BlockedAsync("preflight", "lock table control.tenant in access exclusive mode");
        // Not the tables: their sizes are asked for before a step begins, which would wait too.
        await BlockedAsync("backup", "alter sequence tenant_002.sale_id_seq rename to taken");
        await BlockedAsync("migrate-public", "lock table public.plan in access share mode");
        await BlockedAsync("migrate-tenants", "lock table tenant_002.sale in access share mode");
        await CancelledAsync("deploy-image", _ => HasContainerAsync(), ["migrate-public", "migrate-tenants"], ("VARIANT", "-not-ready"));
        await CancelledAsync("verify-health", job => Task.FromResult(job.HasSaid("soak")), ["deploy-image"], ("SOAK", "2m"));
    }

    public async Task DisposeAsync()
    {
        if (_jobs is not null)
            await _jobs.DisposeAsync();
    }

    /// <summary>Nothing of the old epoch after the new one's first line, over all of them.</summary>
    public Task<long> AfterTheFenceAsync() => _jobs.Sample.Database.ScalarAsync<long>(ActionFleet.AfterTheFence);

    private async Task<bool> HasContainerAsync() => (await _jobs.Sample.ContainersAsync()).Contains("web v2 running", StringComparison.Ordinal);

    /// <param name="taking">Takes what the step needs, until its transaction ends.</param>
    private async Task BlockedAsync(string step, string taking)
    {
        await using var connection = await _jobs.Sample.Database.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = taking;
        await command.ExecuteNonQueryAsync();
        var waiting = string.Create(CultureInfo.InvariantCulture, $"select count(*) from pg_stat_activity where {connection.ProcessID} = any(pg_blocking_pids(pid))");
        await CancelledAsync(step, async job => await _jobs.Sample.Database.ScalarAsync<long>(waiting) > 0, [], ended: () => transaction.RollbackAsync());
    }

    /// <param name="before">Steps of the same job that have to end well first.</param>
    private Task CancelledAsync(string step, Func<JobHost, Task<bool>> isInIt, string[] before, params (string, string)[] env) => CancelledAsync(step, isInIt, before, () => Task.CompletedTask, env);

    private async Task CancelledAsync(string step, Func<JobHost, Task<bool>> isInIt, string[] before, Func<Task> ended, params (string, string)[] env)
    {
        var job = _jobs.Job("v2", env);
        var steps = new List<JobStep>();
        foreach (var one in (string[])[.. before, step, .. Chain.SkipWhile(s => s != step).Skip(1).Take(1)])
            steps.Add(await SampleJobs.StepAsync(one));
        var running = job.RunAsync([.. steps]);
        // Before preflight says its name it reads who the tenants are.
        await ScriptAction.UntilAsync(() => (step == "preflight" || job.HasSaid($"▸ {step}")) && isInIt(job).Result, $"the middle of {step}", running);
        var container = job.Running!.Name;
        // The last of them runs out of the job's time.
        if (step == Chain[^1])
            job.TimeOut();
        else
            job.Cancel();
        await ScriptAction.UntilAsync(() => job.Running?.Name != container, $"the end of {step}", running);
        await ended();
        var report = await running;
        Steps[step] = (await _jobs.TellAsync([("deploy", report)]), report);
    }
}

/// <summary>A cancel in any step, or the end of the job's time: the old release serves, no tenant is between two versions, and the summary says what happened.</summary>
public sealed class CancelTests(CancelledSteps cancelled) : IClassFixture<CancelledSteps>
{
    [Theory]
    [InlineData("preflight")]
    [InlineData("backup")]
    [InlineData("migrate-public")]
    [InlineData("migrate-tenants")]
    [InlineData("deploy-image")]
    [InlineData("verify-health")]
    public void A_cancel_is_heard_and_what_was_begun_is_taken_back(string step)
    {
        var (told, report) = cancelled.Steps[step];
        Assert.Equal(JobConclusion.Cancelled, report.Conclusion);
        // As process 1 of its container it heard the runner's SIGINT and ended by itself.
        Assert.Equal(("cancelled", 130), (report.Step($"Run safe-deploy/migrate/action/{step}@v1").Conclusion, report.Step($"Run safe-deploy/migrate/action/{step}@v1").ExitCode));
        Assert.Contains($"### ❌ safe-deploy {step}: cancelled", told, StringComparison.Ordinal);
        Assert.Contains("\nserves: 200 v1\n", told, StringComparison.Ordinal);
        // What a statement that waited for a lock was at when it stopped differs from run to run; where it is taken back to does not.
        if (step is "deploy-image" or "verify-health")
            Golden.Verify(told, $"Cancel_in_{step}");
        else
            Assert.Equal(At(cancelled.Steps["preflight"].Told), At(told));
    }

    private static string At(string told) => told.Split('\n').Single(l => l.StartsWith("at: ", StringComparison.Ordinal));

    [Fact]
    public async Task Nothing_of_a_cancelled_step_was_written_after_its_fence() => Assert.Equal(0, await cancelled.AfterTheFenceAsync());
}
