namespace SafeDeploy.Integrations.Hosts.GitHub;

/// <summary>A step's log as the runner reads it.</summary>
/// <remarks>Commands are stopped by a token that nobody knows, and heard only for the lines that this class writes itself.</remarks>
/// <param name="token">New for every process; masked by the runner.</param>
public sealed class GitHubLog(TextWriter output, string token) : HostLog(output)
{
    private bool _isStopped;

    protected override string Group(string title) => GitHubCommands.Group(title);

    protected override string EndGroup() => GitHubCommands.EndGroup;

    protected override void Plain(string line)
    {
        if (!_isStopped)
            Output.Write(GitHubCommands.StopCommands(token) + "\n");
        _isStopped = true;
        Output.Write(line + "\n");
    }

    protected override void BeforeCommand()
    {
        if (_isStopped)
            Output.Write(GitHubCommands.ResumeCommands(token) + "\n");
        _isStopped = false;
    }
}
