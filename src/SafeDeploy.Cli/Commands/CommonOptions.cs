using System.CommandLine;

namespace SafeDeploy.Cli.Commands;

/// <summary>Options that every verb has.</summary>
public static class CommonOptions
{
    public static readonly Option<string> Config = new("--config", "-c")
    {
        Description = "The configuration file.",
        DefaultValueFactory = _ => "safe-deploy.yml",
        Recursive = true,
    };

    public static readonly Option<string?> Environment = new("--environment", "-e")
    {
        Description = "The environment whose section is laid over the rest.",
        Recursive = true,
    };

    public static readonly Option<string> Output = new Option<string>("--output", "-o")
    {
        Description = "What stdout holds: text, or one JSON document; plan also knows markdown, sarif and annotations.",
        DefaultValueFactory = _ => "text",
        Recursive = true,
    }.AcceptOnlyFromAmong("text", "json", "markdown", "sarif", "annotations");

    public static readonly Option<string?> Image = new("--image")
    {
        Description = "The image to release; wins over deploy.image.",
        Recursive = true,
    };

    public static readonly Option<string?> Release = new("--release")
    {
        Description = "What the release calls itself; wins over deploy.version.",
        Recursive = true,
    };

    public static readonly Option<string?> DockerHost = new("--docker-host")
    {
        Description = "The Docker engine, unix:///path or tcp://host:port; wins over deploy.docker.host.",
        Recursive = true,
    };

    /// <summary>The form asked of a verb that does not speak it; null when all is well.</summary>
    public static string? RefusedForm(ParseResult line) =>
        line.GetValue(Output) is { } form and not ("text" or "json") && line.CommandResult.Command.Name != "plan" ? form : null;
}
