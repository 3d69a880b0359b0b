using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.LedgerStores.Postgres;

/// <summary>One request for the right to work: look, decide, claim, fence.</summary>
internal sealed class PostgresAcquisition(
    NpgsqlDataSource source, PostgresLedgerOptions options, TimeProvider time, string place, AcquireRequest request)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // A process that takes over a hung one is without the lock for the moment in which the hung session ends.
    private const int LooksBeforeDead = 6;

    // The server notices some moments late that a killed process is gone; its own run's next step must not be sent away for that.
    private const int LooksBeforeBusy = 6;

    // Each round is lost to somebody who claimed in between, who then is found working.
    private const int Rounds = 20;

    private string Environment => request.Identity.Environment;

    public async Task<Acquisition> RunAsync(CancellationToken cancellation)
    {
        var keeper = await PostgresLedgerStore.ConnectAsync(source, $"safe-deploy/{Environment}/acquire", cancellation);
        var kept = false;
        try
        {
            for (var round = 0; round < Rounds; round++)
            {
                var view = await LookAsync(keeper, cancellation);
                var decision = HoldDecision.Of(request, view.State, await OfIdentityAsync(keeper, cancellation));
                if (decision is HoldDecision.Answer answer && (!IsWorking(answer) || round >= LooksBeforeBusy))
                    return answer.Acquisition;
                if (decision is HoldDecision.Answer)
                {
                    await Task.Delay(Pause, time, cancellation);
                    continue;
                }

                var since = time.GetTimestamp();
                if (await new EnvironmentClaim(keeper, request, view).TakeAsync(decision, cancellation) is not { } claim)
                    continue;
                kept = true;
                return await EnterAsync(keeper, claim, view, decision, since, cancellation);
            }

            return new Acquisition.Busy((await LookAsync(keeper, cancellation)).State);
        }
        finally
        {
            if (!kept)
                await keeper.DisposeAsync();
        }
    }

    private static bool IsWorking(HoldDecision.Answer answer) => answer.Acquisition is Acquisition.Busy { State.State: HoldState.Working };

    private async Task<EnvironmentView> LookAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        for (var look = 1; ; look++)
        {
            var view = await EnvironmentView.ReadAsync(connection, Environment, options.Ttl, cancellation);
            var mayBeTakenOverNow = view.Row is { Locked: false } && view.State.State == HoldState.Dead && view.State.HeartbeatAge < options.RenewEvery;
            if (!mayBeTakenOverNow || look == LooksBeforeDead)
                return NamedIsCurrent(view);
            await Task.Delay(Pause, time, cancellation);
        }
    }

    /// <summary>A take-over that names a deployment means that one and no other.</summary>
    private EnvironmentView NamedIsCurrent(EnvironmentView view) =>
        request is { Mode: AcquireMode.TakeOver, Deployment: { } named } && view.State.Current is { } current && current.Id != named
            ? throw new ProblemException(LedgerProblems.NotTheCurrent(named, Environment, $"is not the current one; that is \"{current.Id}\""))
            : view;

    private async Task<DeploymentSummary?> OfIdentityAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        if (request.Deployment is not { } named)
            return await EnvironmentView.OneAsync(
                LedgerSql.Command(connection, LedgerRows.ByIdentity, LedgerSql.Text(request.Identity.Key)), cancellation);
        var found = await EnvironmentView.OneAsync(LedgerSql.Command(connection, LedgerRows.ByName, LedgerSql.Text(named.Value)), cancellation);
        if (found is not null && found.Environment != Environment)
            throw new ProblemException(LedgerProblems.NotTheCurrent(named, Environment, $"belongs to environment \"{found.Environment}\""));
        return found is null
            ? null
            : await EnvironmentView.OneAsync(LedgerSql.Command(connection, LedgerRows.ByIdentity, LedgerSql.Text(found.IdentityKey)), cancellation);
    }

    private async Task<Acquisition> EnterAsync(
        NpgsqlConnection keeper, Claim claim, EnvironmentView view, HoldDecision decision, long since, CancellationToken cancellation)
    {
        var loss = new HoldLoss();
        var connections = new FencedConnections(source, claim.Deployment, Environment, claim.Epoch, loss);
        var wasConcluded = decision is HoldDecision.Resume && view.State.State == HoldState.Free;
        var hold = new PostgresLedgerHold(
            connections, new HoldKeeper(keeper, connections, loss, options, time, since), loss, time, options, place, wasConcluded);
        try
        {
            var ended = await new OlderSessions(keeper, connections, options, time).EndAsync(claim.Locked, cancellation);
            hold.Start();
            var resume = decision as HoldDecision.Resume;
            if (resume is { Tells: true })
                await hold.AppendAsync(null, new LedgerFact.TakenOver(view.State.Epoch, request.Run, ended), cancellation);
            return new Acquisition.Held(hold, resume is null, resume is { Fences: true } ? view.State.Epoch : null);
        }
        catch
        {
            // The claim stays and is found dead: whoever comes next takes it over.
            await hold.DisposeAsync();
            throw;
        }
    }
}
