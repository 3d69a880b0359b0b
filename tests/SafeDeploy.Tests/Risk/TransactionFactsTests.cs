using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Tests.Risk;

public sealed class TransactionFactsTests
{
    private static readonly PgQueryParser Parser = PgQueryParser.Load();

    private static TransactionFacts Facts(string sql) => TransactionFacts.For(Parser.Parse(sql));

    [Theory]
    [InlineData("create index concurrently i on t (a)", false)]
    [InlineData("create index i on t (a)", true)]
    [InlineData("drop index concurrently i", false)]
    [InlineData("drop index i", true)]
    [InlineData("reindex table concurrently t", false)]
    [InlineData("reindex (concurrently false) table t", true)]
    [InlineData("reindex (concurrently on, verbose) index i", false)]
    [InlineData("reindex schema s", false)]
    [InlineData("reindex table t", true)]
    [InlineData("vacuum t", false)]
    [InlineData("analyze t", true)]
    [InlineData("cluster", false)]
    [InlineData("cluster t using i", true)]
    [InlineData("create database d", false)]
    [InlineData("drop database d", false)]
    [InlineData("alter database d set tablespace x", false)]
    [InlineData("alter database d set search_path to x", true)]
    [InlineData("create tablespace x location '/x'", false)]
    [InlineData("drop tablespace x", false)]
    [InlineData("alter system set a = 1", false)]
    [InlineData("alter table p detach partition q concurrently", false)]
    [InlineData("alter table p detach partition q", true)]
    [InlineData("create subscription s connection 'x' publication p", false)]
    [InlineData("create subscription s connection 'x' publication p with (create_slot = false)", true)]
    [InlineData("alter type e add value 'x'", true)]
    [InlineData("discard all", false)]
    [InlineData("call p()", null)]
    [InlineData("create tabel x", null)]
    public void Known_is_what_may_run_in_a_transaction(string sql, bool? may) => Assert.Equal(may, Facts(sql).MayRunInTransaction);

    [Theory]
    [InlineData("begin", TransactionControl.Begin)]
    [InlineData("start transaction", TransactionControl.Begin)]
    [InlineData("end", TransactionControl.Commit)]
    [InlineData("abort", TransactionControl.Rollback)]
    [InlineData("savepoint a", TransactionControl.Savepoint)]
    [InlineData("release a", TransactionControl.ReleaseSavepoint)]
    [InlineData("rollback to a", TransactionControl.RollbackToSavepoint)]
    [InlineData("prepare transaction 'x'", TransactionControl.TwoPhase)]
    [InlineData("select 1", TransactionControl.None)]
    public void Transaction_control_is_named(string sql, TransactionControl control) => Assert.Equal(control, Facts(sql).Control);

    [Theory]
    [InlineData("set search_path to a", "SET search_path")]
    [InlineData("set local search_path to a", null)]
    [InlineData("set session search_path to a", "SET search_path")]
    [InlineData("set role r", "SET ROLE")]
    [InlineData("reset role", "RESET ROLE")]
    [InlineData("set local role r", null)]
    [InlineData("set session authorization r", "SET SESSION AUTHORIZATION")]
    [InlineData("reset all", "RESET ALL")]
    [InlineData("set transaction isolation level serializable", null)]
    [InlineData("set session characteristics as transaction read only", "SET SESSION CHARACTERISTICS")]
    [InlineData("select set_config('a', 'b', false)", "set_config(…, false)")]
    [InlineData("select pg_catalog.set_config('a', 'b', false)", "set_config(…, false)")]
    [InlineData("select set_config('a', 'b', true)", null)]
    [InlineData("select * from t where set_config('a', 'b', 1 = 1) = ''", "set_config(…, false)")]
    [InlineData("select mine.set_config('a', 'b', false)", null)]
    [InlineData("select pg_advisory_lock(1)", "pg_advisory_lock()")]
    [InlineData("select pg_advisory_xact_lock(1)", null)]
    [InlineData("declare c cursor with hold for select 1", "DECLARE … WITH HOLD")]
    [InlineData("declare c cursor for select 1", null)]
    [InlineData("prepare p as select 1", "PREPARE")]
    [InlineData("listen x", "LISTEN")]
    [InlineData("discard temp", "DISCARD")]
    [InlineData("create temp table x (a int)", "CREATE TEMPORARY TABLE")]
    [InlineData("create temp table x (a int) on commit drop", null)]
    [InlineData("create temp table x on commit drop as select 1", null)]
    [InlineData("create table x (a int)", null)]
    public void What_outlives_the_transaction_is_named(string sql, string? leak) => Assert.Equal(leak, Facts(sql).SessionState);

    [Fact]
    public void The_index_of_a_concurrent_build_is_known()
    {
        Assert.Equal(
            new ConcurrentIndex(new RelationName("s", "i"), new RelationName("s", "t"), true),
            Facts("create unique index concurrently if not exists i on s.t (a)").Creates);
        Assert.Equal(new ConcurrentIndex(null, new RelationName(null, "t"), false), Facts("create index concurrently on t (a)").Creates);
        Assert.Null(Facts("create index i on t (a)").Creates);
    }
}
