using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Integrations.Migrations.SqlFiles;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>adopt</c>: takes over a fleet that another tool migrated; writes history, never a schema.</summary>
public static class AdoptCommand
{
    private static readonly Option<string?> From = new("--from")
    {
        Description = "The tool whose own history table is read: golang-migrate, flyway, diesel, dbmate, goose, prisma, django, efcore.",
    };

    private static readonly Option<string?> At = new("--at")
    {
        Description = "The version that every scope is at, or none; equal structure of all tenants proves it.",
    };

    private static readonly Option<string?> Kind = new Option<string?>("--only")
    {
        Description = "Takes over the shared schema or the tenants alone.",
    }.AcceptOnlyFromAmong("public", "tenants");

    public static Command Of(Invocation invocation)
    {
        var command = new Command("adopt", "Takes over a fleet that another tool migrated: reads its history, or a stated version.");
        command.Options.Add(From);
        command.Options.Add(At);
        command.Options.Add(Kind);
        command.Validators.Add(result =>
        {
            if (result.GetValue(From) is null == result.GetValue(At) is null)
                result.AddError("adopt needs one of --from TOOL and --at VERSION");
        });
        command.SetAction((line, _) => Session.UseAsync(invocation, line, session => ActAsync(session, line)));
        return command;
    }

    private static async Task<int> ActAsync(Session session, ParseResult line)
    {
        var cancellation = session.Signals.Cancellation.Graceful;
        var request = new AdoptRequest(session.World.Config.EnvironmentName, line.GetValue(From), line.GetValue(At));
        var adopted = new List<(Scope Scope, int Migrations)>();
        var skipped = 0;
        foreach (var engine in new[] { session.World.Public, session.World.Tenants }.OfType<IMigrationEngine>().Where(e => IsWanted(e.Kind, line.GetValue(Kind))))
        {
            var report = await session.Adopt.AdoptAsync(request, engine, await ScopesAsync(session, engine.Kind, cancellation), cancellation);
            if (report.Problems is [var first, ..])
                return Refuse(session, first, [.. report.Problems]);
            adopted.AddRange(report.Adopted);
            skipped += report.Skipped.Length;
        }

        Print(session, adopted, skipped);
        return (int)ExitCode.Done;
    }

    private static bool IsWanted(ScopeKind kind, string? only) => only is null || only == (kind == ScopeKind.Public ? "public" : "tenants");

    private static async Task<IReadOnlyCollection<Scope>> ScopesAsync(Session session, ScopeKind kind, CancellationToken cancellation) =>
        kind == ScopeKind.Public || session.World.Config.Tenants is not { } tenants
            ? [new Scope.Public()]
            : [.. (await session.World.Database.TenantsAsync(tenants, cancellation)).Tenants.Select(t => new Scope.Tenant(t))];

    private static int Refuse(Session session, Problem first, Problem[] all)
    {
        foreach (var problem in all)
            session.Tell(problem);
        if (session.WantsJson)
            session.Print(JsonSerializer.Serialize(
                new OutcomeDocument("refused", (int)ExitCode.Refused, first.What, [.. all.Select(ProblemNote.Of)], null), SafeDeployJson.Default.OutcomeDocument));
        return (int)ExitCode.Refused;
    }

    private static void Print(Session session, List<(Scope Scope, int Migrations)> adopted, int skipped)
    {
        if (session.WantsJson)
        {
            var document = new AdoptDocument([.. adopted.Select(a => new AdoptedSchema(a.Scope.Schema, a.Migrations))], skipped);
            session.Print(JsonSerializer.Serialize(document, SafeDeployJson.Default.AdoptDocument));
            return;
        }

        foreach (var (scope, migrations) in adopted)
            session.Print(string.Create(CultureInfo.InvariantCulture, $"{scope.Schema}: {migrations} migrations are known as applied"));
        session.Print(string.Create(CultureInfo.InvariantCulture, $"{adopted.Count} schemas taken over, {skipped} known already or empty"));
    }
}
