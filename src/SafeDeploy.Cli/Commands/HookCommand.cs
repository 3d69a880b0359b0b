using System.CommandLine;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Pipeline;
using SafeDeploy.Problems;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>hook</c>: what a CI's post step calls; this run's own deployment goes back when its job ended badly.</summary>
public static class HookCommand
{
    public static readonly Option<string> Job = new("--job-status")
    {
        Description = "How the job stands: success, failure or cancelled, in any CI's own word.",
        Required = true,
    };

    public static readonly Option<string> Step = new("--step")
    {
        Description = "The step whose end is watched; for messages.",
        DefaultValueFactory = _ => "run",
    };

    public static readonly Option<string> Within = new("--within")
    {
        Description = "The time box of the way back; at its end the current scope is finished.",
        DefaultValueFactory = _ => "4m",
    };

    public static Command Of(Invocation invocation)
    {
        var command = new Command("hook", "For the post step of a CI job: takes this run's deployment back when the job failed before the commit point.");
        command.Options.Add(Job);
        command.Options.Add(Step);
        command.Options.Add(Within);
        command.Validators.Add(result =>
        {
            if (Duration.TryParse(result.GetValue(Within) ?? "") is null)
                result.AddError($"--within \"{result.GetValue(Within)}\" is no duration; accepted: 250ms, 5s, 2m, 1h");
        });
        command.SetAction((line, _) => Session.UseAsync(invocation, line, session => ActAsync(session, line)));
        return command;
    }

    private static async Task<int> ActAsync(Session session, ParseResult line)
    {
        var word = line.GetValue(Job)!;
        var isBad = JobStatus.IsBad(word) ?? throw new ProblemException(HookProblems.NoSuchStatus(word));
        var request = new HookRequest(session.Run, line.GetValue(Step)!, isBad, Duration.TryParse(line.GetValue(Within)!)!.Value);
        return session.Finish(await session.Hook.RunAsync(request, session.Signals.Cancellation), rolledBackIsDone: true);
    }
}
