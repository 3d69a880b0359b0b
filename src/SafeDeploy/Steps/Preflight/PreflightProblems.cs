using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Steps.Preflight;

/// <summary>Why a deployment does not start now (SD03xx). Nothing was touched in any of them.</summary>
public static class PreflightProblems
{
    private const string Untouched = "everything: preflight only reads";
    private const string Refusing = "refusing to start (exit code 3)";

    public static readonly ProblemInfo NotWritable = new("SD0301", "the database takes no writes",
        "It is a standby, or its sessions are read-only by default.", "Point database.url at the primary.");

    public static readonly ProblemInfo Pooled = new("SD0302", "the connection is not direct",
        "Something between us and the server gives our transactions to different backends: a pooler in transaction mode.",
        "Point database.url at the server itself, or at a port with session pooling.");

    public static readonly ProblemInfo PrivilegesMissing = new("SD0303", "privileges are missing",
        "The user of database.url can not migrate every schema.", "Run the statements below as an administrator.");

    public static readonly ProblemInfo SpaceMissing = new("SD0304", "too little space for a backup",
        "The store has less than twice the database's size free.", "Free space, or choose another backup.store.");

    public static readonly ProblemInfo ConnectionsMissing = new("SD0305", "too few connections are free",
        "The migration needs its parallel sessions and a reserve for the application.",
        "Lower migrations.parallel, end idle sessions, or raise max_connections.");

    public static readonly ProblemInfo OldTransaction = new("SD0306", "a transaction is open for a long time",
        "DDL waits for it, and everything else then waits for the DDL.", "End it, or wait until it ends.");

    public static readonly ProblemInfo InvalidIndex = new("SD0307", "invalid indexes are left",
        "A CREATE INDEX CONCURRENTLY failed: the index costs writes and serves no query.", "Rebuild or drop them.");

    public static readonly ProblemInfo ImageMissing = new("SD0308", "the image is not what was planned",
        "The reference does not resolve any more, or means another digest than when the plan was made.",
        "Push the image again, or release by digest.");

    public static readonly ProblemInfo TenantsUnreadable = new("SD0309", "the list of tenants has names that can not be migrated",
        "A tenant's schema does not exist, or its name can not be a tenant's.", "Correct the source of the tenants, or exclude the names.");

    public static readonly ProblemInfo NothingProves = new("SD0310", "nothing proves that the new release is ready",
        "An image is deployed and health.readiness is not configured.", "Add health.readiness to safe-deploy.yml.");

    public static readonly ProblemInfo NoTenant = new("SD0311", "there is no tenant",
        "tenants is configured and its source gives no name.", "Check the query or the patterns; an empty fleet is rarely meant.");

    public static readonly ProblemInfo Drift = new("SD0312", "a tenant is not built like the others",
        "Tenants at one version have different structures: somebody changed one past the migrations.",
        "Make it as the migrations made it, or put the change into a migration; --accept-drift goes on with a written reason.");

    public static readonly ProblemInfo SameDisk = new("SD0313", "the backup is on the database's disk",
        "backup.store is a folder on the file system that the database itself is on: one broken disk takes both.",
        "Keep the sets on another disk, in a bucket or with a program; backup.same_disk: allowed goes on as it is.");

    public static readonly ProblemInfo NoRecentBackup = new("SD0314", "there is no recent backup",
        "The newest verified set of everything is older than backup.require.recent, or there is none.", "Take one: safe-deploy backup.");

    public static readonly ProblemInfo NotTried = new("SD0315", "a restore was not tried lately",
        "No set of this environment was proved by restoring it within backup.require.restored.", "Try it: safe-deploy backup --verify restore.");

    public static readonly ProblemInfo TooBusy = new("SD0316", "processor, memory or server are busy",
        "Less is free than preflight in safe-deploy.yml demands.", "Wait until it is quieter, or correct the limits.");

    public static readonly ProblemInfo FrontSilent = new("SD0390", "the front door does not answer",
        "A release serves, and a request through the front got no answer or a server's error.", "Look at the front and at the instances behind it; safe-deploy status names what serves.");

    public static readonly ProblemInfo DeadDeployment = new("SD0391", "a deployment was left open by a process that is gone",
        "The last deployment of the environment was not concluded, and nobody works on it.", "Run the same command again to go on, or safe-deploy rollback to go back.");

    public static ImmutableArray<ProblemInfo> All { get; } =
    [
        NotWritable, Pooled, PrivilegesMissing, SpaceMissing, ConnectionsMissing, OldTransaction, InvalidIndex, ImageMissing,
        TenantsUnreadable, NothingProves, NoTenant, Drift, SameDisk, NoRecentBackup, NotTried, TooBusy, FrontSilent, DeadDeployment,
    ];

    public static Problem Found(ProblemInfo info, string what, string where, string next, string evidence = "") =>
        info.Occurred(what, where, Untouched, Refusing, next) with { Evidence = evidence };

    public static Problem FrontIsSilent(string path, string why) =>
        Found(FrontSilent, $"the front door does not answer: {why}", $"GET {path}", "look at the front and at the instances behind it; safe-deploy status names what serves");

    public static Problem DeploymentDied(string environment, string deployment) =>
        Warned(DeadDeployment, $"deployment \"{deployment}\" is open and nobody works on it", $"environment \"{environment}\"", "run the same command again, or safe-deploy rollback");

    /// <summary>The same, where the run goes on.</summary>
    public static Problem Warned(ProblemInfo info, string what, string where, string next, string evidence = "") =>
        info.Occurred(what, where, Untouched, "going on: this is a warning", next) with { Evidence = evidence };
}
