using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Help;
using SafeDeploy.Cli.Commands;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Config;
using SafeDeploy.Problems;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli;

/// <summary>Reads the command line and hands over to a verb; a wrong line never reaches one.</summary>
public static class FrontDoor
{
    public static async Task<int> RunAsync(string[] args, Invocation invocation)
    {
        var root = Root(invocation);
        var line = root.Parse(args);
        // A line that a shell asks to complete is unfinished by nature.
        if (line.Errors.Count > 0 && !IsCompletion(args))
        {
            await WrongUsageAsync(line, invocation);
            return (int)ExitCode.Usage;
        }

        if (!IsCompletion(args) && CommonOptions.RefusedForm(line) is { } form)
        {
            await invocation.Error.WriteAsync(ProblemText.Render(UsageProblems.WrongLine($"--output {form} belongs to plan", Verb(line))));
            return (int)ExitCode.Usage;
        }

        try
        {
            return await line.InvokeAsync(new InvocationConfiguration
            {
                Output = invocation.Out,
                Error = invocation.Error,
                EnableDefaultExceptionHandler = false,
                // Signals.cs decides what a signal means; the library must not cut a rollback short.
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            await invocation.Error.WriteAsync(ProblemText.Render(UsageProblems.UnexpectedError(bug)));
            return (int)ExitCode.PersonNeeded;
        }
    }

    public static RootCommand Root(Invocation invocation)
    {
        var root = new RootCommand("Deploys an image and the migrations of a multi-tenant database as one recorded, reversible thing.");
        root.Options.Add(CommonOptions.Config);
        root.Options.Add(CommonOptions.Environment);
        root.Options.Add(CommonOptions.Output);
        root.Options.Add(CommonOptions.Image);
        root.Options.Add(CommonOptions.Release);
        foreach (var option in root.Options.OfType<VersionOption>())
            option.Action = new VersionAction(invocation);
        // Words of another system's shell; completion would offer them.
        foreach (var help in root.Options.OfType<HelpOption>())
            foreach (var alias in help.Aliases.Where(a => a != "-h").ToArray())
                help.Aliases.Remove(alias);
        root.Options.Add(CommonOptions.DockerHost);
        foreach (var command in AllCommands.For(invocation))
            root.Subcommands.Add(command);
        return root;
    }

    private static bool IsCompletion(string[] args) => args is [var first, ..] && first.StartsWith("[suggest", StringComparison.Ordinal);

    private static async Task WrongUsageAsync(ParseResult line, Invocation invocation)
    {
        foreach (var problem in WrongUsage(line))
            await invocation.Error.WriteAsync(ProblemText.Render(problem));
    }

    private static IEnumerable<Problem> WrongUsage(ParseResult line)
    {
        var command = line.CommandResult.Command;
        if (command is RootCommand)
        {
            var verbs = command.Subcommands.Select(c => c.Name).ToImmutableArray();
            var word = line.UnmatchedTokens.FirstOrDefault(token => !token.StartsWith('-'));
            if (word is not null || line.UnmatchedTokens.Count == 0)
                return [UsageProblems.NoSuchVerb(word, word is null ? null : NearestKey.Of(word, verbs), verbs)];
        }

        var verb = Verb(line);
        var options = command.Options.Concat(line.RootCommandResult.Command.Options.Where(o => o.Recursive)).Select(o => o.Name).ToImmutableArray();
        var unknown = line.UnmatchedTokens.ToHashSet(StringComparer.Ordinal);
        // The value of an option that is not known is not known either; it would only repeat the complaint.
        var complaints = line.UnmatchedTokens.Where(token => token.StartsWith('-')).DefaultIfEmpty(line.UnmatchedTokens.FirstOrDefault("")).Where(token => token.Length > 0)
            .Select(token => UsageProblems.NotKnown(token, NearestKey.Of(token, options), verb));
        var others = line.Errors.Where(error => !unknown.Any(token => error.Message.Contains($"'{token}'", StringComparison.Ordinal)))
            .Select(error => UsageProblems.WrongLine(error.Message, verb));
        return complaints.Concat(others);
    }

    private static string Verb(ParseResult line) => line.CommandResult.Command is RootCommand ? "" : $" {line.CommandResult.Command.Name}";
}
