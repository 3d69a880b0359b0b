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
        Description = "What stdout holds: text, or one JSON document.",
        DefaultValueFactory = _ => "text",
        Recursive = true,
    }.AcceptOnlyFromAmong("text", "json");

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
}
