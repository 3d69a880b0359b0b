using System.Collections.Immutable;
using System.CommandLine;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Integrations.Migrations.SqlFiles;
using SafeDeploy.Integrations.Rehearsals;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;
using SafeDeploy.Reporting;
using SafeDeploy.Risk.Rehearsal;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>rehearse</c>: every migration forward, back and forward again on a scratch database of its own.</summary>
public static class RehearseCommand
{
    private const int DefaultSeconds = 60;

    private static readonly Option<string> Migrations = new("--migrations")
    {
        Description = "The folder of migrations to rehearse; its layout is detected.",
        Required = true,
    };

    private static readonly Option<string> Scratch = new("--scratch")
    {
        Description = "postgres://… of a server on which databases sd_rehearse_* may be made and dropped; the named database is not written to.",
        Required = true,
    };

    private static readonly Option<string?> Layout = new("--layout")
    {
        Description = "The folder's layout where it is not to be detected: golang-migrate, flyway, diesel, dbmate, goose, prisma.",
    };

    private static readonly Option<string[]> Prepare = new("--prepare")
    {
        Description = "SQL files that make what the migrations expect to find; run first.",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<int?> Seconds = new("--statement-timeout")
    {
        Description = "Seconds after which a single statement is given up; 60 where nothing is said.",
    };

    public static Command Of(Invocation invocation)
    {
        var command = new Command("rehearse", "Plays every migration forward, back and forward again on a scratch database, and compares.");
        foreach (var option in (Option[])[Migrations, Scratch, Layout, Prepare, Seconds])
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(Seconds) is < 1 or > 86_400)
                result.AddError("--statement-timeout is a number of seconds from 1 to 86400");
        });
        command.SetAction((line, _) => RunAsync(invocation, line));
        return command;
    }

    private static async Task<int> RunAsync(Invocation invocation, ParseResult line)
    {
        using var signals = new Signals();
        var cancellation = signals.Cancellation.Graceful;
        var isJson = line.GetValue(CommonOptions.Output) == "json";
        try
        {
            var (set, options) = await ReadAsync(invocation, line, cancellation);
            var rehearser = new Rehearser(PgQueryParser.Load(), TimeProvider.System);
            var report = await rehearser.RunAsync(
                line.GetRequiredValue(Scratch), set, options, one => invocation.Error.WriteLine(RehearsalText.Line(one)), cancellation);
            await invocation.Out.WriteLineAsync(isJson ? report.ToJson() : RehearsalText.Render(report));
            return (int)(report.IsRestored ? ExitCode.Done : ExitCode.Refused);
        }
        catch (ProblemException known)
        {
            await invocation.Error.WriteAsync(ProblemText.Render(known.Problem));
            return (int)(known.Problem.Info.Code.StartsWith("SD09", StringComparison.Ordinal) || known.Problem.Info.Code == "SD1101" ? ExitCode.Failed : ExitCode.Usage);
        }
        catch (OperationCanceledException) when (signals.WereReceived)
        {
            await invocation.Error.WriteLineAsync("cancelled; the scratch databases are dropped");
            return (int)ExitCode.Cancelled;
        }
    }

    private static async Task<(MigrationSet Set, RehearsalOptions Options)> ReadAsync(Invocation invocation, ParseResult line, CancellationToken cancellation)
    {
        var folder = line.GetRequiredValue(Migrations);
        var files = await MigrationFolder.FilesAsync(Path.GetFullPath(folder, invocation.Folder), folder, cancellation);
        var (set, problems) = MigrationSetReader.Read(ScopeKind.Tenants, folder, line.GetValue(Layout), files);
        if (problems is [var first, ..])
            throw new ProblemException(first);
        if (set.Migrations.IsEmpty)
            throw new ProblemException(ScratchProblems.NoMigrations(folder));
        var prepare = ImmutableArray.CreateBuilder<MigrationScript>();
        foreach (var path in line.GetValue(Prepare) ?? [])
            prepare.Add(new MigrationScript(path, await TextAsync(invocation, path, cancellation), 1));
        return (set, new RehearsalOptions(prepare.ToImmutable(), TimeSpan.FromSeconds(line.GetValue(Seconds) ?? DefaultSeconds)));
    }

    private static async Task<string> TextAsync(Invocation invocation, string path, CancellationToken cancellation)
    {
        try
        {
            return await File.ReadAllTextAsync(Path.GetFullPath(path, invocation.Folder), cancellation);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(UsageProblems.UnreadableFile(path, failure.Message), failure);
        }
    }
}
