using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Config;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.HealthGates.ShellCommand;

/// <summary>A program of the project: exit 0 passes, 75 (EX_TEMPFAIL) and a timeout are inconclusive, anything else fails.</summary>
/// <param name="folder">Where the configuration file lies; the program starts there.</param>
public sealed class CommandGate(GateSettings.Command settings, ICommandRunner runner, string folder) : IHealthGate
{
    private const int TemporaryFailure = 75;

    public string Name => settings.Name;

    public bool IsCritical => settings.Critical;

    private string Threshold => $"exit 0 within {Duration.Text(settings.Within)}";

    public async Task<GateReading> ReadAsync(GateScene scene, CancellationToken cancellation)
    {
        // A program knows only the front door, and before the switch that is another release's.
        if (scene.Slot is not null)
            return new GateReading(Name, Verdict.Pass, "not run before the switch", Threshold, "", IsCritical);
        var call = new CommandCall(settings.Run, Variables(scene), folder, settings.Within);
        var result = await runner.RunAsync(call, cancellation);
        var seconds = string.Create(CultureInfo.InvariantCulture, $"{result.Duration.TotalSeconds:0.0} s");
        var (verdict, measured) = result switch
        {
            { TimedOut: true } => (Verdict.Inconclusive, $"stopped after {seconds}"),
            { ExitCode: 0 } => (Verdict.Pass, $"exit 0 after {seconds}"),
            { ExitCode: TemporaryFailure } => (Verdict.Inconclusive, $"exit {TemporaryFailure} after {seconds}"),
            _ => (Verdict.Fail, $"exit {result.ExitCode} after {seconds}"),
        };
        return new GateReading(Name, verdict, measured, Threshold, verdict == Verdict.Pass ? "" : LastLine(result), IsCritical);
    }

    private static ImmutableDictionary<string, string> Variables(GateScene scene) => ImmutableDictionary<string, string>.Empty
        .Add("SAFE_DEPLOY_VERSION", scene.ExpectedVersion ?? "")
        .Add("SAFE_DEPLOY_DEPLOYMENT_STARTED", scene.DeploymentStarted.ToString("O", CultureInfo.InvariantCulture));

    private static string LastLine(CommandResult result)
    {
        var line = (result.Error.Trim().Length > 0 ? result.Error : result.Output).TrimEnd().Split('\n')[^1].Trim();
        return line.Length <= 200 ? line : line[..199] + "…";
    }
}
