using Npgsql;
using SafeDeploy.Integrations.LedgerStores.Postgres;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>Statements sent together in one round trip, those of the migration among ours.</summary>
/// <remarks>
/// Each statement is its own message of one pipeline with one Sync at the end: the driver neither splits nor joins
/// (protocol-flow, "Pipelining"). After an error the server skips the rest, our COMMIT included.
/// </remarks>
internal sealed class MoveBatch(NpgsqlConnection connection) : IAsyncDisposable
{
    private readonly NpgsqlBatch _batch = new(connection) { Timeout = 0 };
    private readonly List<(NpgsqlBatchCommand Command, PlacedStatement? Statement)> _sent = [];

    public MoveBatch Add(NpgsqlBatchCommand command) => Add(command, null);

    public MoveBatch Add(IEnumerable<PlacedStatement> statements)
    {
        foreach (var statement in statements)
            Add(AsItIs(statement), statement);
        return this;
    }

    public Task ExecuteAsync(CancellationToken cancellation) => _batch.ExecuteNonQueryAsync(cancellation);

    /// <summary>The migration's statement that did not complete, when the first that did not is one of them.</summary>
    public PlacedStatement? Failed => _sent.FirstOrDefault(sent => sent.Command.StatementType == StatementType.Unknown).Statement;

    public ValueTask DisposeAsync() => _batch.DisposeAsync();

    // With a positional parameter, used or not, the driver sends the text as it is instead of looking for semicolons and
    // names in it. A text that has parameters of its own (a function's body) is left to be refused by the server as ever.
    public static NpgsqlBatchCommand AsItIs(PlacedStatement statement)
    {
        var command = new NpgsqlBatchCommand(statement.Text);
        if (statement.Tree?.HoldsKind("ParamRef") == false)
            command.Parameters.Add(LedgerSql.Text(""));
        return command;
    }

    private MoveBatch Add(NpgsqlBatchCommand command, PlacedStatement? statement)
    {
        _batch.BatchCommands.Add(command);
        _sent.Add((command, statement));
        return this;
    }
}
