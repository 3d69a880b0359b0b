using Npgsql;
using NpgsqlTypes;
using SafeDeploy.Ledger;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.LedgerStores.Postgres;

/// <summary>The ledger's statements for those who write facts in a transaction of their own (a migration and its history row).</summary>
/// <remarks>Put <see cref="Fence"/> first in the transaction, <see cref="Entry"/> anywhere after it. Parameters are positional ($1, …).</remarks>
public static class LedgerSql
{
    /// <summary>Fails with <see cref="LedgerSchema.FencedState"/> when another process took over; holds FOR KEY SHARE on the epoch row until the transaction ends.</summary>
    public const string FenceText = "select safe_deploy.fence($1, $2)";

    /// <summary>The answer that was lost may be asked again with the same id: the row is there once.</summary>
    public const string EntryText =
        """
        insert into safe_deploy.entry (id, deployment, epoch, step, kind, fact)
        select $1, $2, $3, $4, f ->> 'fact', f from (select $5::jsonb as f) as given
        on conflict (id) do nothing
        returning sequence, at
        """;

    public static NpgsqlBatchCommand Fence(string environment, int epoch) =>
        With(new NpgsqlBatchCommand(FenceText), Text(environment), Integer(epoch));

    /// <summary>Answers one row (sequence, at), or none when an entry of this id is there already.</summary>
    /// <param name="id">Made by the writer, once for each fact.</param>
    public static NpgsqlBatchCommand Entry(Guid id, DeploymentId deployment, int epoch, StepName? step, LedgerFact fact) =>
        With(new NpgsqlBatchCommand(EntryText), Uuid(id), Text(deployment.Value), Integer(epoch), Text(step?.Text()), Text(LedgerJson.Write(fact)));

    internal static NpgsqlBatchCommand With(NpgsqlBatchCommand command, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        return command;
    }

    internal static NpgsqlCommand Command(NpgsqlConnection connection, string text, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlCommand(text, connection);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        return command;
    }

    internal static NpgsqlParameter Text(string? value) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = value is null ? DBNull.Value : value };

    internal static NpgsqlParameter Integer(int value) => new NpgsqlParameter<int> { NpgsqlDbType = NpgsqlDbType.Integer, TypedValue = value };

    internal static NpgsqlParameter Long(long value) => new NpgsqlParameter<long> { NpgsqlDbType = NpgsqlDbType.Bigint, TypedValue = value };

    internal static NpgsqlParameter Uuid(Guid value) => new NpgsqlParameter<Guid> { NpgsqlDbType = NpgsqlDbType.Uuid, TypedValue = value };

    internal static NpgsqlParameter Instant(DateTimeOffset value) =>
        new NpgsqlParameter<DateTime> { NpgsqlDbType = NpgsqlDbType.TimestampTz, TypedValue = value.UtcDateTime };

    internal static NpgsqlParameter MaybeInstant(DateTimeOffset? value) =>
        value is { } instant ? Instant(instant) : new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = DBNull.Value };
}
