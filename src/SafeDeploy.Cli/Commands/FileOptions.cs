using System.CommandLine;

namespace SafeDeploy.Cli.Commands;

/// <summary>Options of <c>plan</c> on files alone: no configuration, no database.</summary>
public static class FileOptions
{
    public static readonly Option<string[]> Files = new("--files")
    {
        Description = "SQL files or migration folders to judge, in this order; reads no configuration and no database.",
        AllowMultipleArgumentsPerToken = true,
    };

    public static readonly Option<string?> Schema = new("--schema")
    {
        Description = "A script that says what existed before; read, never executed.",
    };

    public static readonly Option<string?> Trace = new("--trace")
    {
        Description = "postgres://… of a server: the statements of --files also run on a scratch database there, after --schema, and what they really do counts.",
    };

    public static readonly Option<bool> Independent = new("--independent")
    {
        Description = "Each file is judged alone against the same --schema, instead of as a sequence.",
    };
}
