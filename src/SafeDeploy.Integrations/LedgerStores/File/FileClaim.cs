using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.LedgerStores.File;

/// <summary>Writes a decision down: the raised epoch, and the deployment or who took it over. One transaction, the caller's.</summary>
internal sealed class FileClaim(FileSession session, AcquireRequest request, EnvironmentState state, DateTimeOffset now)
{
    public DeploymentId Take(HoldDecision decision)
    {
        var deployment = decision switch
        {
            HoldDecision.OpenNew fresh => fresh.Deployment,
            HoldDecision.Resume resume => resume.Deployment.Id,
            _ => throw new ArgumentOutOfRangeException(nameof(decision), decision, null),
        };
        session.Execute("insert into environment (name) values ($1) on conflict do nothing", state.Environment);
        session.Execute(
            "update environment set epoch = $2, deployment = $3, holder = $4, heartbeat_at = $5, parked_until = null, concluded = 0 where name = $1",
            state.Environment, state.Epoch + 1, deployment.Value, LedgerJson.Write(request.Run), FileRows.Text(now));
        if (decision is HoldDecision.OpenNew opened)
            Open(opened);
        else if (decision is HoldDecision.Resume { Tells: true })
            Append(session, deployment, state.Epoch + 1, now, null, new LedgerFact.TakenOver(state.Epoch, request.Run, 0));
        return deployment;
    }

    public static long Append(FileSession session, DeploymentId deployment, int epoch, DateTimeOffset at, StepName? step, LedgerFact fact) =>
        session.Rows(
            """
            insert into entry (deployment, epoch, at, step, kind, fact)
            values ($1, $2, $3, $4, json_extract($5, '$.fact'), $5) returning sequence
            """,
            row => row.GetInt64(0),
            deployment.Value, epoch, FileRows.Text(at), step?.Text(), LedgerJson.Write(fact))[0];

    private void Open(HoldDecision.OpenNew opened)
    {
        var from = state.LastCommitted?.To;
        session.Execute(
            """
            insert into deployment (id, environment, project, identity, attempt, from_release, to_release, run, opened_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            opened.Deployment.Value, state.Environment, request.Project, opened.IdentityKey, opened.Attempt,
            from is null ? null : LedgerJson.Write(from), LedgerJson.Write(request.To), LedgerJson.Write(request.Run), FileRows.Text(now));
        var fact = new LedgerFact.Opened(request.Project, state.Environment, from, request.To, request.Run, opened.Attempt);
        Append(session, opened.Deployment, state.Epoch + 1, now, null, fact);
    }
}
