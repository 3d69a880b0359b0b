using System.Collections.Immutable;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>A migration that is one transaction: it and its history row become true together, in one round trip.</summary>
internal static class TransactionMove
{
    public static MoveBatch Batch(FencedConnection session, ScopeMove move, SqlFilesOptions options, int attempt)
    {
        var fenced = FencedConnections.Of(move.Work.Hold);
        var batch = new MoveBatch(session.Connection)
            .Add(MoveCommands.Begin())
            .Add(MoveCommands.Settings(fenced, options.Limits, move.Scope))
            // First, so that a second process on the same scope waits here and not half-way; the row's key decides.
            .Add(move.Direction == Direction.Forward ? MoveCommands.Remember(move) : MoveCommands.Forget(move));
        Inside(batch, move.Scope, options.Shared, [.. move.Plan.Segments.SelectMany(segment => segment.Statements)]);
        return batch.Add(MoveCommands.Entry(fenced, move, move.Direction, attempt)).Add(MoveCommands.Commit());
    }

    /// <summary>The migration's statements, and for a tenant the proof that they stayed inside it.</summary>
    public static void Inside(MoveBatch batch, Scope scope, ImmutableArray<string> shared, ImmutableArray<PlacedStatement> statements)
    {
        if (scope is Scope.Public)
        {
            batch.Add(statements);
            return;
        }

        batch.Add(MoveCommands.Before()).Add(statements).Add(MoveCommands.DeferredNow()).Add(MoveCommands.Guard(scope, shared));
    }
}
