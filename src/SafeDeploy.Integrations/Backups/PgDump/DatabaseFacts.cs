using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>What the target database is as a database: its rights, its settings, what no set holds of it, and who works in it.</summary>
internal static class DatabaseFacts
{
    private const string Rights = """
        select current_database()::text, r.rolsuper or r.rolcreatedb, r.rolsuper or pg_has_role(d.datdba, 'USAGE'),
            (select count(*)::int from pg_prepared_xacts x where x.database = d.datname), d.oid::bigint
        from pg_database d, pg_roles r where d.datname = current_database() and r.rolname = current_user
        """;

    // Of no schema of the set, or database-wide: backup.md of the product says what a set holds.
    private const string Besides = """
        select format('%s large objects', count(*)) from pg_largeobject_metadata having count(*) > 0
        union all select format('publication "%s"', p.pubname) from pg_publication p
        union all select format('subscription "%s"', s.subname) from pg_subscription s
            where s.subdbid = (select d.oid from pg_database d where d.datname = current_database())
        union all select format('replication slot "%s"', s.slot_name) from pg_replication_slots s where s.database = current_database()
        union all select format('event trigger "%s"', e.evtname) from pg_event_trigger e
            where not exists (select from pg_depend d where d.classid = 'pg_event_trigger'::regclass and d.objid = e.oid and d.deptype = 'e')
        union all select format('foreign server "%s"', f.srvname) from pg_foreign_server f
        """;

    // A list setting is kept as the list's own SQL text; every other is one value (the rule of pg_dumpall).
    private static readonly ImmutableArray<string> Lists =
        ["search_path", "local_preload_libraries", "session_preload_libraries", "shared_preload_libraries", "temp_tablespaces", "unix_socket_directories"];

    public sealed record Standing(string Name, bool MayCreate, bool MayRename, int PreparedTransactions, long Oid);

    public static async Task<Standing> StandingAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Rights, connection);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        await row.ReadAsync(cancellation);
        return new Standing(row.GetString(0), row.GetBoolean(1), row.GetBoolean(2), row.GetInt32(3), row.GetInt64(4));
    }

    /// <summary>Owners of the set's schemas that are no roles here, or whose schemas this user may not make.</summary>
    public static async Task<ImmutableArray<string>> StrangersAsync(NpgsqlConnection connection, BackupManifest manifest, CancellationToken cancellation)
    {
        var question = new NpgsqlCommand(
            "select o.name from unnest($1) o(name) where not exists (select from pg_roles r where r.rolname = o.name and pg_has_role(r.oid, 'MEMBER')) order by 1", connection);
        question.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. manifest.Scopes.Values.Select(s => s.Owner).Where(o => o != "pg_database_owner").Distinct(StringComparer.Ordinal)] });
        return await TextsAsync(question, cancellation);
    }

    public static IEnumerable<Problem> Obstacles(Standing it)
    {
        if (!it.MayCreate)
            yield return RestoreProblems.Forbidden("this user may not make databases", it.Name, "alter role … createdb");
        if (!it.MayRename)
            yield return RestoreProblems.Forbidden("this user does not own the database", it.Name, "grant the owner's role to this user");
        if (it.PreparedTransactions > 0)
            yield return RestoreProblems.Forbidden(
                $"{it.PreparedTransactions} prepared transactions are open in the database", it.Name, "select gid from pg_prepared_xacts; then rollback prepared or commit prepared");
    }

    public static Task<ImmutableArray<string>> BesidesAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        TextsAsync(new NpgsqlCommand(Besides, connection), cancellation);

    /// <summary>Environments whose deployment is not over, but for one.</summary>
    public static Task<ImmutableArray<string>> WorkingAsync(NpgsqlConnection connection, string environment, CancellationToken cancellation) =>
        OtherEnvironmentsAsync(connection, "select e.name from safe_deploy.environment e where not e.concluded and e.name <> $1 order by 1", [environment], cancellation);

    /// <summary>Environments but for one whose deployment is not over and has this tenant in its plan.</summary>
    public static Task<ImmutableArray<string>> WorkingOnAsync(NpgsqlConnection connection, string environment, string tenant, CancellationToken cancellation) => OtherEnvironmentsAsync(
        connection,
        """
        select e.name from safe_deploy.environment e where not e.concluded and e.name <> $1
            and exists (select from safe_deploy.entry x where x.deployment = e.deployment and x.kind = 'planned' and x.fact #> array['tenants', $2] is not null) order by 1
        """,
        [environment, tenant], cancellation);

    private static async Task<ImmutableArray<string>> OtherEnvironmentsAsync(NpgsqlConnection connection, string sql, string[] values, CancellationToken cancellation)
    {
        await using (var there = new NpgsqlCommand("select to_regclass('safe_deploy.environment') is not null", connection))
            if (await there.ExecuteScalarAsync(cancellation) is not true)
                return [];
        var question = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            question.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value });
        return await TextsAsync(question, cancellation);
    }

    /// <summary>Schemas that are the users' own and not in the set.</summary>
    public static async Task<ImmutableArray<string>> SchemasAsync(NpgsqlConnection connection, BackupManifest manifest, CancellationToken cancellation)
    {
        const string All = """
            select n.nspname::text from pg_namespace n where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'safe_deploy')
                and n.nspname !~ ('^' || $1) and exists (select from pg_class c where c.relnamespace = n.oid) order by 1
            """;
        var question = new NpgsqlCommand(All, connection);
        question.Parameters.Add(new NpgsqlParameter<string> { TypedValue = TenantSchema.KeptPrefix });
        return [.. (await TextsAsync(question, cancellation)).Where(s => !manifest.Scopes.ContainsKey(s))];
    }

    /// <summary>Statements that give another database of this name owner, rights and settings of the present one.</summary>
    public static async Task<ImmutableArray<string>> CarriedAsync(NpgsqlConnection connection, QuotedName name, CancellationToken cancellation)
    {
        const string Basics = """
            select pg_get_userbyid(d.datdba)::text, d.datconnlimit, d.datacl is not null from pg_database d where d.datname = current_database()
            """;
        const string Grants = """
            select coalesce(g.rolname::text, ''), x.privilege_type, x.is_grantable
            from pg_database d, aclexplode(d.datacl) x left join pg_roles g on g.oid = x.grantee where d.datname = current_database() order by 1, 2
            """;
        const string Settings = """
            select coalesce(r.rolname::text, ''), c.setting from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
                left join pg_roles r on r.oid = s.setrole, unnest(s.setconfig) c(setting) where d.datname = current_database() order by 1, 2
            """;
        var carried = ImmutableArray.CreateBuilder<string>();
        var hasGrants = false;
        await ReadAsync(connection, Basics, row =>
        {
            carried.Add($"alter database {name.Sql} owner to {Quoted(row.GetString(0)).Sql}");
            carried.Add($"alter database {name.Sql} connection limit {row.GetInt32(1)}");
            hasGrants = row.GetBoolean(2);
        }, cancellation);
        if (hasGrants)
            carried.Add($"revoke all on database {name.Sql} from public");
        await ReadAsync(connection, Grants, row => carried.Add(Grant(name, row.GetString(0), row.GetString(1), row.GetBoolean(2))), cancellation);
        await ReadAsync(connection, Settings, row => carried.Add(Setting(name, row.GetString(0), row.GetString(1))), cancellation);
        return carried.ToImmutable();
    }

    private static string Grant(QuotedName name, string grantee, string privilege, bool isGrantable)
    {
        // The privileges that a database has (ddl-priv): the word is the server's own.
        var word = privilege is "CREATE" or "CONNECT" or "TEMPORARY" ? privilege : throw new FormatException($"\"{privilege}\" is no privilege of a database");
        return $"grant {word} on database {name.Sql} to {(grantee.Length == 0 ? "public" : Quoted(grantee).Sql)}{(isGrantable ? " with grant option" : "")}";
    }

    private static string Setting(QuotedName name, string role, string setting)
    {
        var at = setting.IndexOf('=', StringComparison.Ordinal);
        var (key, value) = (setting[..at], setting[(at + 1)..]);
        var text = Lists.Contains(key, StringComparer.OrdinalIgnoreCase) ? value : ScratchDatabase.Literal(value);
        var whose = role.Length == 0 ? $"alter database {name.Sql}" : $"alter role {Quoted(role).Sql} in database {name.Sql}";
        return $"{whose} set {Quoted(key).Sql} to {text}";
    }

    private static async Task ReadAsync(NpgsqlConnection connection, string question, Action<NpgsqlDataReader> row, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(question, connection);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
            row(rows);
    }

    private static async Task<ImmutableArray<string>> TextsAsync(NpgsqlCommand question, CancellationToken cancellation)
    {
        await using var command = question;
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var texts = ImmutableArray.CreateBuilder<string>();
        while (await rows.ReadAsync(cancellation))
            texts.Add(rows.GetString(0));
        return texts.ToImmutable();
    }

    private static QuotedName Quoted(string name) => QuotedName.TryParse(name, out var why) ?? throw new FormatException(why);
}
