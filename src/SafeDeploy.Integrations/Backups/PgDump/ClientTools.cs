using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>The stock client tools: are they there, and new enough for the server?</summary>
internal sealed class ClientTools(ICommandRunner runner, PgDumpOptions options)
{
    private static readonly ImmutableArray<string> Needed = ["pg_dump", "pg_restore"];

    public async Task<ImmutableArray<Problem>> ObstaclesAsync(int serverVersion, CancellationToken cancellation)
    {
        var found = ImmutableArray.CreateBuilder<Problem>();
        foreach (var tool in Needed)
        {
            var (major, _, problem) = await VersionAsync(tool, cancellation);
            if (problem is not null)
                found.Add(problem);
            else if (major < serverVersion / 10000)
                found.Add(PgDumpProblems.TooOld(tool, major, serverVersion / 10000));
        }

        return found.ToImmutable();
    }

    /// <summary>Of pg_dump; 0 when it does not start.</summary>
    public async Task<int> MajorAsync(CancellationToken cancellation) => (await VersionAsync("pg_dump", cancellation)).Major;

    /// <summary>Tool and version, and its folder where one is configured.</summary>
    public async Task<string> NameAsync(CancellationToken cancellation)
    {
        var (major, version, problem) = await VersionAsync("pg_dump", cancellation);
        if (problem is not null)
            throw new ProblemException(problem);
        var word = version.Split(' ').FirstOrDefault(w => w.Length > 0 && char.IsAsciiDigit(w[0])) ?? major.ToString(CultureInfo.InvariantCulture);
        return options.Bin.Length == 0 ? $"pg_dump {word}" : $"pg_dump {word} of {options.Bin}";
    }

    private async Task<(int Major, string Version, Problem? Problem)> VersionAsync(string tool, CancellationToken cancellation)
    {
        try
        {
            var result = await runner.RunAsync(PgDumpCommands.Call(PgDumpCommands.Version(options.Tool(tool)), null), cancellation);
            return result.ExitCode == 0 && PgDumpCommands.Major(result.Output) is { } major
                ? (major, result.Output.Trim(), null)
                : (0, "", PgDumpProblems.Missing(options.Tool(tool), result.Error));
        }
        catch (ProblemException failure)
        {
            return (0, "", PgDumpProblems.Missing(options.Tool(tool), failure.Problem.What));
        }
    }
}
