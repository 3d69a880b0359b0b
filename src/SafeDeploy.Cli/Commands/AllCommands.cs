using System.CommandLine;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary>The one list of verbs.</summary>
public static class AllCommands
{
    public static IEnumerable<Command> For(Invocation invocation) =>
    [
        PlanCommand.Of(invocation),
        RunCommand.Of(invocation, null, "run", "The whole chain, with automatic rollback."),
        RunCommand.Of(invocation, StepName.Preflight, "preflight", "Is it safe to start now?"),
        BackupCommand.Of(invocation),
        RunCommand.Of(invocation, StepName.MigratePublic, "migrate-public", "Migrates the shared schema."),
        RunCommand.Of(invocation, StepName.MigrateTenants, "migrate-tenants", "Migrates the tenants, canaries first."),
        RunCommand.Of(invocation, StepName.DeployImage, "deploy-image", "Brings the new release up beside the old one and moves traffic."),
        RunCommand.Of(invocation, StepName.VerifyHealth, "verify-health", "Gates and soak; sets the commit point."),
        RollbackCommand.Of(invocation),
        RecoverCommand.Of(invocation),
        RestoreCommand.Of(invocation),
        StatusCommand.Of(invocation),
        HistoryCommand.Of(invocation),
        ReportCommand.Of(invocation),
        AdoptCommand.Of(invocation),
        InitCommand.Of(invocation),
        DoctorCommand.Of(invocation),
        ExplainCommand.Of(invocation),
        CompletionCommand.Of(invocation),
        HookCommand.Of(invocation),
        ActionCommand.Of(invocation),
        RehearseCommand.Of(invocation),
    ];
}
