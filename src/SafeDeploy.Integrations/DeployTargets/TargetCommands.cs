using System.Collections.Immutable;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.DeployTargets;

/// <summary>Runs the programs of a target with the documented environment (docs/guides/command-target.md).</summary>
public sealed class TargetCommands(TargetContext context, TimeSpan within)
{
    public const string Slot = "SAFE_DEPLOY_SLOT";
    public const string Version = "SAFE_DEPLOY_VERSION";
    public const string Image = "SAFE_DEPLOY_IMAGE";
    public const string Digest = "SAFE_DEPLOY_DIGEST";
    public const string Deployment = "SAFE_DEPLOY_DEPLOYMENT";
    public const string Spec = "SAFE_DEPLOY_SPEC";

    private readonly ImmutableDictionary<string, string> always = ImmutableDictionary.CreateRange(StringComparer.Ordinal,
    [
        KeyValuePair.Create("SAFE_DEPLOY_PROJECT", context.Project),
        KeyValuePair.Create("SAFE_DEPLOY_ENVIRONMENT", context.Environment),
        .. new[] { Slot, Version, Image, Digest, Deployment, Spec }.Select(name => KeyValuePair.Create(name, "")),
    ]);

    /// <summary>Asked just before every program that may change something.</summary>
    public Func<CancellationToken, Task> BeforeChange { get; set; } = _ => Task.CompletedTask;

    /// <summary>What the program printed; fails with its own last words when it exits with another code than 0.</summary>
    public async Task<string> ChangeAsync(string action, ImmutableArray<string> arguments, ImmutableDictionary<string, string> environment, CancellationToken cancellation)
    {
        await BeforeChange(cancellation);
        return await ReadAsync(action, arguments, environment, cancellation);
    }

    /// <summary>As <see cref="ChangeAsync"/>, for a program that changes nothing.</summary>
    public async Task<string> ReadAsync(string action, ImmutableArray<string> arguments, ImmutableDictionary<string, string> environment, CancellationToken cancellation)
    {
        var call = new CommandCall(arguments.SetItem(0, Program(arguments[0])), always.SetItems(environment).SetItem("SAFE_DEPLOY_ACTION", action), context.BaseDirectory, within);
        var result = await context.Commands.RunAsync(call, cancellation);
        var evidence = string.Join('\n', new[] { result.Output, result.Error }.Select(LastLines).Where(text => text.Length > 0));
        if (result.TimedOut)
            throw TargetProblems.CommandTookTooLong(action, within, arguments[0], evidence);
        return result.ExitCode == 0 ? result.Output : throw TargetProblems.CommandHasFailed(action, result.ExitCode, arguments[0], evidence);
    }

    /// <summary>A path is taken from the configuration's folder; a bare name from PATH.</summary>
    private string Program(string program) => program.Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(program, context.BaseDirectory) : program;

    private static string LastLines(string text) => string.Join('\n', text.TrimEnd().Split('\n').TakeLast(20));
}
