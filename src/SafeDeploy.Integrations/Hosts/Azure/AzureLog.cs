namespace SafeDeploy.Integrations.Hosts.Azure;

/// <summary>A step's log as the agent reads it: commands act anywhere in a line, so every line of the run is made harmless.</summary>
public sealed class AzureLog(TextWriter output) : HostLog(output)
{
    protected override string Group(string title) => AzureCommands.Group(title);

    protected override string EndGroup() => AzureCommands.EndGroup;

    protected override void Plain(string line) => Output.Write(AzureCommands.Neutral(line) + "\n");

    protected override void BeforeCommand()
    {
    }
}
