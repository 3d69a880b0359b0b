using System.CommandLine;
using System.Globalization;
using SafeDeploy.Cli.Init;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Problems;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>init</c>: writes a commented configuration and a workflow for the project it finds; never over a file that is there.</summary>
public static class InitCommand
{
    private static readonly Option<string?> Url = new("--url")
    {
        Description = "A database to look at: which tool migrated it, how its tenants are called. Read only; DATABASE_URL where it is set.",
    };

    public static Command Of(Invocation invocation)
    {
        var command = new Command("init", "Writes a commented safe-deploy.yml and a workflow for the project in this folder; never over a file that is there.");
        command.Options.Add(Url);
        command.SetAction((line, _) => ActAsync(invocation, line));
        return command;
    }

    private static async Task<int> ActAsync(Invocation invocation, ParseResult line)
    {
        using var signals = new Signals();
        var cancellation = signals.Cancellation.Graceful;
        var url = line.GetValue(Url) ?? invocation.Variable("DATABASE_URL");
        try
        {
            var found = await new ProjectScan(invocation.Folder).ReadAsync(cancellation);
            if (url is not null)
            {
                var seen = await DatabaseLook.AtAsync(url, cancellation);
                found = found with { History = seen.History, TenantPattern = seen.TenantPattern };
            }

            Tell(invocation, found);
            var (workflow, text) = InitFiles.Workflow(found);
            await WriteAsync(invocation, line.GetValue(CommonOptions.Config)!, InitFiles.Configuration(found), cancellation);
            await WriteAsync(invocation, workflow, text, cancellation);
            invocation.Out.WriteLine(found.History is { } tool ? $"next: correct what is marked DECIDE, then safe-deploy doctor, then safe-deploy adopt --from {tool}" : "next: correct what is marked DECIDE, then safe-deploy doctor");
            return (int)ExitCode.Done;
        }
        catch (ProblemException known)
        {
            await invocation.Error.WriteAsync(ProblemText.Render(known.Problem));
            return (int)ExitCode.Refused;
        }
    }

    private static void Tell(Invocation invocation, ProjectFound found)
    {
        foreach (var set in found.Migrations)
            Line(invocation, "migrations", string.Create(CultureInfo.InvariantCulture, $"{set.Path}: {set.Count}, layout of {set.Layout}, {(set.IsOfTenants ? "tenants" : "shared schema")}"));
        foreach (var engine in found.OtherEngines)
            Line(invocation, "migrations", $"{engine}: with engine command");
        Line(invocation, "image", found.Dockerfile is null ? "no Dockerfile" : $"{found.Dockerfile}{(found.Port is { } port ? string.Create(CultureInfo.InvariantCulture, $", port {port}") : "")}");
        if (found.ComposeFile is not null)
            Line(invocation, "compose", $"{found.ComposeFile}{(found.Image is null ? "" : $", image {found.Image}")}");
        Line(invocation, "health", found.Readiness is null ? "no path found in the sources" : string.Join(", ", new[] { found.Readiness, found.Liveness }.OfType<string>().Distinct()));
        Line(invocation, "CI", found.Ci.ToString());
        if (found.History is not null)
            Line(invocation, "history", $"the database was migrated by {found.History}");
        if (found.TenantPattern is not null)
            Line(invocation, "tenants", $"schemas {found.TenantPattern}");
    }

    private static void Line(Invocation invocation, string what, string text) => invocation.Error.WriteLine($"  {what,-12}{string.Concat(text.Select(c => char.IsControl(c) ? '?' : c))}");

    private static async Task WriteAsync(Invocation invocation, string shown, string text, CancellationToken cancellation)
    {
        var path = Path.GetFullPath(shown, invocation.Folder);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            // CreateNew: between a look and the writing somebody could have written it.
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            await using var writer = new StreamWriter(file);
            await writer.WriteAsync(text.AsMemory(), cancellation);
            invocation.Out.WriteLine($"written: {shown}");
        }
        catch (IOException) when (File.Exists(path))
        {
            invocation.Out.WriteLine($"kept as it is: {shown}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(UsageProblems.NotWritten(shown, failure.Message), failure);
        }
    }
}
