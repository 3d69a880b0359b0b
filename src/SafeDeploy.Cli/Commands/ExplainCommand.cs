using System.CommandLine;
using System.Text.Json;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Config;
using SafeDeploy.Problems;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>explain CODE</c>: what a code or a rule means in general and what to do; reads nothing but the catalogue.</summary>
public static class ExplainCommand
{
    private static readonly Argument<string?> Code = new("CODE")
    {
        Description = "As it stands before a message, e.g. SD0412, or a rule that plan names; without one all codes are listed.",
        Arity = ArgumentArity.ZeroOrOne,
        CompletionSources = { _ => AllProblems.List().Select(info => info.Code).Concat(RulePages.Slugs).Select(name => new System.CommandLine.Completions.CompletionItem(name)) },
    };

    public static Command Of(Invocation invocation)
    {
        var command = new Command("explain", "What a problem's code or a rule of plan means, and what to do.");
        command.Arguments.Add(Code);
        command.SetAction((line, _) => Task.FromResult(Act(invocation, line)));
        return command;
    }

    private static int Act(Invocation invocation, ParseResult line)
    {
        var all = AllProblems.List();
        var wantsJson = line.GetValue(CommonOptions.Output) == "json";
        if (line.GetValue(Code) is not { } asked)
        {
            invocation.Out.WriteLine(wantsJson
                ? JsonSerializer.Serialize(all, SafeDeployJson.Default.ImmutableArrayProblemInfo)
                : string.Join('\n', all.Select(info => $"{info.Code}  {info.Title}")));
            return (int)ExitCode.Done;
        }

        if (RulePages.Find(asked) is { } page)
        {
            invocation.Out.Write(wantsJson ? JsonSerializer.Serialize(new RulePage(asked, page), SafeDeployJson.Default.RulePage) + "\n" : page);
            return (int)ExitCode.Done;
        }

        if (all.FirstOrDefault(info => IsCalled(info, asked)) is not { } found)
        {
            var codes = all.Select(info => info.Code).Concat(RulePages.Slugs);
            invocation.Error.Write(ProblemText.Render(UsageProblems.CodeIsNotKnown(asked, NearestKey.Of(Full(asked), codes))));
            return (int)ExitCode.Usage;
        }

        invocation.Out.WriteLine(wantsJson ? JsonSerializer.Serialize(found, SafeDeployJson.Default.ProblemInfo) : Text(found));
        return (int)ExitCode.Done;
    }

    private static bool IsCalled(ProblemInfo info, string asked) => info.Code.Equals(Full(asked), StringComparison.OrdinalIgnoreCase);

    /// <summary>People type <c>412</c> where they mean SD0412.</summary>
    private static string Full(string asked) =>
        asked.Length is > 0 and <= 4 && asked.All(char.IsAsciiDigit) ? $"SD{asked.PadLeft(4, '0')}" : asked;

    private static string Text(ProblemInfo info) =>
        $"{info.Code}  {info.Title}\n  means      {info.Meaning}\n  do         {info.Remedy}";
}
