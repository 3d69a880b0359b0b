using System.Text.Json.Serialization;

namespace SafeDeploy.Runs;

/// <summary>The stages of a deployment, in their only order.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StepName>))]
public enum StepName
{
    [JsonStringEnumMemberName("preflight")] Preflight,
    [JsonStringEnumMemberName("backup")] Backup,
    [JsonStringEnumMemberName("migrate-public")] MigratePublic,
    [JsonStringEnumMemberName("migrate-tenants")] MigrateTenants,
    [JsonStringEnumMemberName("deploy-image")] DeployImage,
    [JsonStringEnumMemberName("verify-health")] VerifyHealth,
    [JsonStringEnumMemberName("rollback")] Rollback,
    [JsonStringEnumMemberName("restore")] Restore,
}

public static class StepNames
{
    /// <summary>The word of the command line, the action and the ledger, e.g. <c>migrate-tenants</c>.</summary>
    public static string Text(this StepName step) => step switch
    {
        StepName.Preflight => "preflight",
        StepName.Backup => "backup",
        StepName.MigratePublic => "migrate-public",
        StepName.MigrateTenants => "migrate-tenants",
        StepName.DeployImage => "deploy-image",
        StepName.VerifyHealth => "verify-health",
        StepName.Rollback => "rollback",
        StepName.Restore => "restore",
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, null),
    };
}
