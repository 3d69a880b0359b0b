namespace SafeDeploy.Integrations.LedgerStores.File;

/// <summary>The same tables as in PostgreSQL, as SQLite has them; instants are ISO 8601 in UTC, data are JSON texts.</summary>
internal static class FileLedgerSchema
{
    /// <summary>Kept in the file's <c>user_version</c>; 0 in a file that nobody prepared.</summary>
    public const int Layout = 1;

    public const string Sql = """
        create table environment (
            name          text primary key,
            epoch         integer not null default 0,
            deployment    text,
            holder        text,
            heartbeat_at  text,
            parked_until  text,
            concluded     integer not null default 1) strict;

        create table deployment (
            id            text primary key,
            environment   text not null references environment (name),
            project       text not null,
            identity      text not null,
            attempt       integer not null,
            from_release  text,
            to_release    text not null,
            run           text not null,
            opened_at     text not null,
            unique (identity, attempt)) strict;
        create index deployment_environment on deployment (environment, opened_at);

        create table entry (
            sequence      integer primary key autoincrement,
            deployment    text not null references deployment (id),
            epoch         integer not null,
            at            text not null,
            step          text,
            kind          text not null,
            fact          text not null) strict;
        create index entry_deployment on entry (deployment, sequence);
        create unique index entry_one_automatic_rollback on entry (deployment)
            where kind = 'rollback-claimed' and not json_extract(fact, '$.manual');

        pragma user_version = 1;
        """;
}
