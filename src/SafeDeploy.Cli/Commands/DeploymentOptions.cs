using System.CommandLine;
using SafeDeploy.Config;

namespace SafeDeploy.Cli.Commands;

/// <summary>Options of the verbs that work on a deployment.</summary>
public static class DeploymentOptions
{
    public static readonly Option<string?> Deployment = new("--deployment")
    {
        Description = "The deployment to go on with; normally found by environment, CI run and release.",
    };

    public static readonly Option<string[]> Skip = new Option<string[]>("--skip")
    {
        Description = "Leaves a stage out: backup (with pending migrations only together with --reason).",
    }.AcceptOnlyFromAmong("backup");

    public static readonly Option<string> Reason = new("--reason")
    {
        Description = "Why; recorded in the ledger.",
        DefaultValueFactory = _ => "",
    };

    public static readonly Option<string?> AcceptServing = new("--accept-serving")
    {
        Description = "The digest that serves now, named by a person, though the ledger knows another.",
    };

    public static readonly Option<bool> AcceptDrift = new("--accept-drift")
    {
        Description = "Goes on although tenants at one version are built differently; needs --reason.",
    };

    public static readonly Option<TimeSpan> ParkFor = new("--park-for")
    {
        Description = "How long the deployment stays alive until its next step or job (72h).",
        DefaultValueFactory = _ => TimeSpan.FromHours(72),
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (Duration.TryParse(text) is { } time)
                return time;
            result.AddError($"--park-for \"{text}\" is no duration; accepted: 250ms, 5s, 2m, 1h");
            return TimeSpan.Zero;
        },
    };

    public static readonly Option<bool> TakeOver = new("--take-over")
    {
        Description = "Takes the deployment although it is parked within its time.",
    };

    public static readonly Option<bool> OwnRun = new("--own-run")
    {
        Description = "Only a deployment that this run of the CI began; any other is left alone.",
    };

    public static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Prints the decision and its actions; changes nothing.",
    };
}
