using System.Collections.Immutable;
using System.Text.RegularExpressions;
using SafeDeploy.Cli;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.GitHub;

namespace SafeDeploy.Tests.Hosts;

/// <summary>The option model of the CI hosts: every input is one that the command line takes.</summary>
public sealed partial class HostModelTests
{
    private static readonly Invocation Nobody = new(
        ImmutableDictionary<string, string>.Empty, "/", "user", "machine", 1, TextWriter.Null, TextWriter.Null, false);

    [Fact]
    public void Input_names_are_lower_case_words_with_hyphens_and_described() => Assert.All(HostModel.Inputs, input =>
    {
        Assert.Matches(Name(), input.Name);
        Assert.EndsWith(".", input.Description, StringComparison.Ordinal);
        Assert.All(input.Verbs, verb => Assert.NotNull(HostModel.Verb(verb)));
    });

    [Fact]
    public void Every_step_that_the_program_has_takes_the_options_of_its_inputs()
    {
        var root = FrontDoor.Root(Nobody);
        var wrong =
            from verb in HostModel.Verbs
            let command = root.Subcommands.FirstOrDefault(c => c.Name == verb.Name)
            where command is not null
            from input in HostModel.InputsOf(verb.Name)
            where input.Kind != InputKind.Host
            where !command.Options.Concat(root.Options).Any(o => o.Name == input.Option)
            select $"{verb.Name} has no {input.Option}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_option_of_a_step_is_an_input_of_it()
    {
        // What writes files, asks git (which the image does not have) or chooses the form of the output is for people at a terminal.
        string[] elsewhere =
        [
            "--output", "--independent", "--limit", "--help", "--version", "--git-base", "--export-statistics", "--tenant-names", "--fix", "--replace",
            // What is there already is proved and chosen from by people.
            "--verify", "--set", "--list",
        ];
        var root = FrontDoor.Root(Nobody);
        var missing =
            from command in root.Subcommands
            where HostModel.Verb(command.Name) is not null
            from option in command.Options.Concat(root.Options)
            where !elsewhere.Contains(option.Name) && !HostModel.InputsOf(command.Name).Any(i => i.Option == option.Name)
            select $"{command.Name} {option.Name} is no input";
        Assert.Empty(missing);
    }

    [Fact]
    public void Inputs_become_the_arguments_of_the_step()
    {
        var values = new Dictionary<string, string>
        {
            ["config"] = "deploy/safe-deploy.yml",
            ["environment"] = "",
            ["accept-drift"] = "true",
            ["reason"] = "a reason; with $HOME \"quotes\"",
            ["park-for"] = "2h",
            ["take-over"] = "true",
        }.ToImmutableDictionary();
        var (arguments, wrong) = HostCommandLine.Of("preflight", values, GitHubInputs.Words);
        Assert.Empty(wrong);
        Assert.Equal(["preflight", "--config", "deploy/safe-deploy.yml", "--reason", "a reason; with $HOME \"quotes\"", "--accept-drift", "--park-for", "2h"], arguments.ToArray());
    }

    [Fact]
    public void A_list_is_one_value_a_line() => Assert.Equal(
        ["plan", "--files", "db/a b.sql", "--files", "db/c.sql"],
        HostCommandLine.Of("plan", ImmutableDictionary<string, string>.Empty.Add("files", "db/a b.sql\n\n  db/c.sql\n"), GitHubInputs.Words).Arguments.ToArray());

    [Theory]
    [InlineData("nope", "config", "x", "step \"nope\" is not known")]
    [InlineData("rollback", "dry-run", "yes", "dry-run \"yes\" is not known; accepted: true, false")]
    [InlineData("plan", "comment", "sometimes", "comment \"sometimes\" is not known; accepted: always, on-risk, never")]
    [InlineData("run", "image", "--deployment=x", "begins with a hyphen")]
    [InlineData("run", "rollback-within", "5 minutes", "rollback-within \"5 minutes\" is no duration")]
    [InlineData("backup", "park-for", "soon", "park-for \"soon\" is no duration")]
    public void A_wrong_input_is_named(string verb, string input, string value, string message) => Assert.Contains(
        message, Assert.Single(HostCommandLine.Of(verb, ImmutableDictionary<string, string>.Empty.Add(input, value), GitHubInputs.Words).Wrong).What, StringComparison.Ordinal);

    [Theory]
    [InlineData("success", false)]
    [InlineData("SucceededWithIssues", false)]
    [InlineData("failure", true)]
    [InlineData("cancelled", true)]
    [InlineData("Canceled", true)]
    [InlineData("timedout", true)]
    [InlineData("", null)]
    [InlineData("maybe", null)]
    public void The_job_status_of_every_host_is_understood(string word, bool? isBad) => Assert.Equal(isBad, JobStatus.IsBad(word));

    [GeneratedRegex("^[a-z][a-z0-9-]*$")]
    private static partial Regex Name();
}
