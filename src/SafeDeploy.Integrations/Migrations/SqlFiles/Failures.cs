using Npgsql;
using SafeDeploy.Integrations.LedgerStores.Postgres;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>What a failure means, by SQLSTATE and type (PostgreSQL manual, errcodes-appendix), never by its text.</summary>
internal static class Failures
{
    public static FailureKind KindOf(Exception failure) => failure switch
    {
        PostgresException server => KindOf(server),
        _ when PostgresLedgerFailures.IsConnectionLoss(failure) => FailureKind.ConnectionLost,
        _ => FailureKind.Statement,
    };

    public static bool MayRetry(FailureKind kind) =>
        kind is FailureKind.LockNotGranted or FailureKind.Deadlock or FailureKind.Serialization or FailureKind.ConnectionLost;

    private static FailureKind KindOf(PostgresException failure) => failure.SqlState switch
    {
        PostgresErrorCodes.LockNotAvailable => FailureKind.LockNotGranted,
        PostgresErrorCodes.DeadlockDetected => FailureKind.Deadlock,
        PostgresErrorCodes.SerializationFailure => FailureKind.Serialization,
        PostgresErrorCodes.QueryCanceled => FailureKind.TooSlow,
        MigrationSchema.OutsideState => FailureKind.Outside,
        MigrationSchema.MovedState => FailureKind.AlreadyMoved,
        PostgresErrorCodes.UniqueViolation when failure is { SchemaName: "safe_deploy", TableName: "migration" or "progress" } => FailureKind.AlreadyMoved,
        _ when PostgresLedgerFailures.IsConnectionLoss(failure) => FailureKind.ConnectionLost,
        _ => FailureKind.Statement,
    };
}
