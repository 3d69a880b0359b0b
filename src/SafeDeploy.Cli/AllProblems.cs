using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Backups.PgDump;
using SafeDeploy.Integrations.BackupStores;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.DeployTargets;
using SafeDeploy.Integrations.Migrations.ShellCommand;
using SafeDeploy.Integrations.Migrations.SqlFiles;
using SafeDeploy.Integrations.Plans;
using SafeDeploy.Integrations.Processes;
using SafeDeploy.Integrations.Rehearsals;
using SafeDeploy.Integrations.Yaml;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Migrations.Adoption;
using SafeDeploy.Pipeline;
using SafeDeploy.Problems;
using SafeDeploy.Steps.Preflight;
using SafeDeploy.Steps.VerifyHealth;

namespace SafeDeploy.Cli;

/// <summary>Every problem that the program can report: the list of each slice, ordered by code.</summary>
public static class AllProblems
{
    public static ImmutableArray<ProblemInfo> List() =>
    [
        .. new[]
        {
            UsageProblems.All, ConfigProblems.All, LedgerProblems.All, MigrationProblems.All, PipelineProblems.All, RollbackProblems.All, HookProblems.All,
            TenantProblems.All, PreflightProblems.All, HealthProblems.All, PgDumpProblems.All, BackupStoreProblems.All, RestoreProblems.All, ManualRestoreProblems.All, PgQueryProblems.All, PostgresDatabaseProblems.All,
            TargetProblems.All, CommandEngineProblems.All, AdoptProblems.All, ScriptProblems.All, SqlFilesProblems.All, ProcessProblems.All,
            YamlProblems.All, PlanSourceProblems.All, ScratchProblems.All,
        }.SelectMany(slice => slice).OrderBy(info => info.Code, StringComparer.Ordinal),
    ];
}
