using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;
using SafeDeploy.Tests.Architecture;

namespace SafeDeploy.Tests.Risk;

/// <summary>The effect model against what servers of the majors 13 to 18 were seen to do; the facts are recorded by <c>LockClaims/record.sh</c>.</summary>
public sealed class RecordedTruthTests
{
    /// <param name="Parts">Of the claim that may differ: <c>locks index sequences rewrites scans error</c>.</param>
    private sealed record Exception(string Beginning, int From, int To, string Parts, string Why);

    // What differs from the model, and why; nothing else may.
    private static readonly Exception[] Exceptions =
    [
        new("truncate", 13, 18, "scans index", "the indexes of the emptied table are built over nothing, which is counted as a scan"),
        new("insert into event", 13, 18, "locks index", "the value chooses the partition"),
        new("update customer set name = p.name from plan", 13, 18, "scans", "the planner chooses how to join"),
        new("update users u set organization_id", 13, 18, "scans", "the planner chooses how to join"),
        new("update event set at", 13, 18, "scans index", "the planner reads small partitions whole"),
        new("delete from orders where", 13, 18, "locks index scans", "no row is deleted, so no reference is looked up"),
        new("delete from event where", 13, 18, "locks index scans", "the planner prunes partitions by the value"),
        new("alter table invoices add constraint invoices_user_id_fk", 13, 18, "scans", "the planner looks the few keys up in the target's index"),
        new("select setval('invoice_seq'", 13, 18, "scans", "max() is answered by the index"),
        new("select pg_catalog.setval(pg_get_serial_sequence", 13, 18, "sequences", "the sequence is known at run time only"),
        new("drop type order_status cascade", 13, 18, "locks", "the view over the dropped column falls with it"),
        new("drop schema app cascade", 13, 18, "sequences", "a sequence that no column owns is locked when its default falls"),
        new("truncate event_2024", 13, 13, "locks", "13 looks at the parent too"),
        new("reindex (concurrently)", 13, 13, "error", "14 brought the parentheses"),
        new("alter table customer alter column note set compression", 13, 13, "error", "14 brought it"),
        new("alter table lonely set access method", 13, 14, "error", "15 brought it"),
        new("create or replace trigger", 13, 13, "error", "14 brought it"),
        new("merge into", 13, 14, "error", "15 brought it"),
        new("alter table event detach partition", 13, 13, "locks", "14 raised the partition's lock from SHARE UPDATE EXCLUSIVE"),
        new("alter table metric detach partition", 13, 13, "locks", "14 raised the partition's lock from SHARE UPDATE EXCLUSIVE"),
        new("alter table audit_log detach partition", 13, 13, "locks index", "14 raised the partition's lock from SHARE UPDATE EXCLUSIVE"),
        new("alter table lonely set unlogged", 13, 14, "sequences", "15 takes the sequences along"),
        new("alter table sessions set unlogged", 13, 14, "sequences", "15 takes the sequences along"),
        new("alter table customer drop column age", 13, 14, "error", "15 lets a generated column hold the column that it reads"),
        new("alter table", 16, 18, "scans", "the check of a foreign key may look a few keys up in the target's index"),
        new("select", 16, 18, "index", "the planner looks at the indexes of partitioned tables too"),
        new("update event", 16, 18, "index scans", "the planner looks at the indexes of partitioned tables too"),
        new("delete from event", 16, 18, "index scans", "the planner looks at the indexes of partitioned tables too"),
        new("grant", 18, 18, "locks", "18 holds ACCESS SHARE while it grants"),
        new("revoke", 18, 18, "locks", "18 holds ACCESS SHARE while it revokes"),
        new("alter table base add constraint c check (a > 0) no inherit", 18, 18, "locks", "18 locks the children too"),
        new("alter table event add constraint", 18, 18, "locks error", "18 locks the partitions as strongly as their parent, and allows NOT VALID keys"),
        new("alter table metric add primary key", 18, 18, "locks", "18 locks the partitions as strongly as their parent"),
        new("alter table audit_log add constraint", 18, 18, "locks", "18 locks the partitions as strongly as their parent"),
        new("alter table event set unlogged", 18, 18, "error", "18 refuses it for partitioned tables"),

        // Of the world in deep/.
        new("alter table leaf add column n1 int, add foreign key", 13, 18, "scans", "the planner looks the few keys up in the target's index"),
        new("alter table leaf drop constraint leaf_pkey cascade, add", 13, 18, "index", "the index is renamed after it was locked, and then counted under its old name"),
        new("insert into log", 13, 18, "locks", "the value chooses the partition"),
        new("insert into hashed", 13, 18, "locks", "the value chooses the partition"),
        new("insert into keyed_log", 13, 18, "locks", "the value chooses the partition"),
        new("insert into refers_hashed", 13, 18, "locks index scans", "the value chooses the partition that is asked"),
        new("insert into uses_pair", 13, 18, "locks index scans", "whether the reference is looked up, and how, depends on the values"),
        new("insert into tree", 13, 18, "index scans", "the planner chooses how the reference is looked up"),
        new("insert into \"Artikel\"", 13, 18, "scans", "the planner chooses how the reference is looked up"),
        new("insert into leaf (id, v, x) select", 13, 18, "scans", "the planner looks the range up in the index"),
        new("alter table leaf drop column x cascade", 13, 18, "locks", "the rule of another view names the column"),
        new("select * from v_agg", 13, 18, "scans", "the planner sees through the view to the index"),
        new("call clean()", 13, 18, "locks index", "no row is deleted, so no reference is looked up"),
        new("select lastval()", 13, 18, "sequences", "which sequence was asked last, only the session knows"),
        new("select reads_leaf()", 13, 18, "scans", "the planner may count in an index"),
        new("select * from v_two", 13, 18, "scans", "the planner chooses how to join"),
        new("create materialized view mv as select * from v_two", 13, 18, "scans", "the planner chooses how to join"),
        new("create table t as select * from v_two", 13, 18, "scans", "the planner chooses how to join"),
        new("update leaf set v = v + 1 where v in", 13, 18, "scans", "the planner looks the values up in the index"),
        new("update tree set id", 13, 18, "scans", "the planner chooses how the reference is looked up"),
        new("update pair set", 13, 18, "scans", "the planner chooses how the reference is looked up"),
        new("delete from tree where", 13, 18, "scans", "the planner chooses how the reference is looked up"),
        new("delete from \"Kunde\" where", 13, 18, "scans", "the planner chooses how the reference is looked up"),
        new("delete from leaf", 13, 18, "locks index scans", "no row is deleted, so no reference is looked up"),
        new("do $$ begin update leaf set v = 1 where v is null; delete", 13, 18, "scans", "the planner chooses an index for NULL and reads the small table"),
        new("do $$ declare t text; begin foreach", 13, 18, "locks", "the statement is put together while it runs; the rule dynamic-sql says so"),
        new("do $$ begin case when true then truncate", 13, 18, "scans", "the indexes of the emptied table are built over nothing, which is counted as a scan"),
        new("alter table tree set unlogged", 13, 18, "error", "whether it is published is not followed"),
        new("alter publication shared set", 13, 18, "locks", "which tables were published is not followed"),
        new("alter table log detach partition", 13, 13, "locks", "14 raised the partition's lock from SHARE UPDATE EXCLUSIVE"),
        new("alter table log_2024 detach partition", 13, 13, "locks", "14 raised the partition's lock from SHARE UPDATE EXCLUSIVE"),
        new("alter table keyed_log detach partition", 13, 13, "locks", "14 raised the partition's lock from SHARE UPDATE EXCLUSIVE"),
        new("alter table computed drop column a", 13, 14, "error", "15 lets a generated column hold the column that it reads"),
        new("alter table keyed_log", 13, 18, "scans", "the check of a foreign key may look a few keys up in the target's index"),
        new("alter table volatile_rows add foreign key", 13, 18, "scans", "the check of a foreign key may look a few keys up in the target's index"),
        new("alter table hashed add foreign key", 13, 18, "scans", "the check of a foreign key may look a few keys up in the target's index"),
        new("alter table log add foreign key", 13, 18, "scans", "the check of a foreign key may look a few keys up in the target's index"),
        new("alter table gran add foreign key", 13, 18, "scans", "the check of a foreign key may look a few keys up in the target's index"),
        new("alter table refers_hashed drop column", 13, 14, "locks", "the partitioned target itself is locked from 15 on"),
        new("alter table leaf owner to current_role", 13, 13, "error", "14 brought it"),
        new("create publication q for table leaf where", 13, 14, "error", "15 brought it"),
        new("alter table leaf add constraint u unique nulls not distinct", 13, 14, "error", "15 brought it"),
        new("create unique index i on leaf (v) nulls not distinct", 13, 14, "error", "15 brought it"),
        new("alter table leaf add foreign key (v) references hashed", 16, 18, "index", "the planner looks at the indexes of partitioned tables too"),
        new("update log", 16, 18, "index", "the planner looks at the indexes of partitioned tables too"),
        new("update hashed", 16, 18, "index", "the planner looks at the indexes of partitioned tables too"),
        new("delete from log", 16, 18, "index", "the planner looks at the indexes of partitioned tables too"),
        new("create materialized view mv as select * from log", 16, 18, "index", "the planner looks at the indexes of partitioned tables too"),
        new("alter table gran add", 18, 18, "locks", "18 locks the children too, though it leaves them as they are"),
        new("alter table log add primary key", 18, 18, "locks", "18 locks the partitions as strongly as their parent"),
        new("alter table hashed add unique", 18, 18, "locks", "18 locks the partitions as strongly as their parent"),
        new("alter table gran alter column g drop not null", 18, 18, "locks", "18 locks the children only where there is a NOT NULL to drop"),
        new("truncate hashed_0 cascade", 13, 13, "locks", "13 looks at the parent too"),
        new("alter table refers_hashed alter column", 13, 14, "locks", "the partitioned target itself is locked as strongly as its partitions from 15 on"),
        new("alter table refers_hashed alter column", 16, 18, "index", "the planner looks at the indexes of partitioned tables too"),
        new("analyze base", 18, 18, "locks", "18 locks what inherits as strongly as its parent"),
        new("grant", 18, 18, "sequences", "18 holds ACCESS SHARE while it grants"),
    ];

    private static readonly PgQueryParser Parser = PgQueryParser.Load();

    private static string Folder(string corpus) => Repository.PathOf("tests", "SafeDeploy.DatabaseTests", "Risk", "LockClaims", corpus);

    public static IEnumerable<object[]> Servers => from corpus in new[] { "catalogue", "orm", "deep" } from major in Enumerable.Range(13, 6) select new object[] { corpus, major };

    [Theory]
    [MemberData(nameof(Servers))]
    public void The_model_claims_what_the_server_did(string corpus, int major)
    {
        var (schema, statements) = Read(corpus);
        // Another major's file holds only what it does otherwise than 15.
        var facts = File.ReadLines(Path.Combine(Folder(corpus), $"facts.{major}.tsv")).Select(RecordedFacts.OfLine).ToDictionary(f => f.Statement, StringComparer.Ordinal);
        var model = new EffectModel(Parser);

        var differences = new List<string>();
        foreach (var statement in statements.Where(s => facts.ContainsKey(RecordedFacts.Flat(s.Text))))
        {
            var text = RecordedFacts.Flat(statement.Text);
            var allowed = Exceptions.Where(e => text.StartsWith(e.Beginning, StringComparison.OrdinalIgnoreCase) && major >= e.From && major <= e.To).SelectMany(e => e.Parts.Split(' ')).ToHashSet();
            differences.AddRange(Differences(model.Play(Parser.Parse(statement.Text), schema.Replay(model)), facts[text])
                .Where(d => !allowed.Contains(d.Part)).Select(d => $"{statement.Line}: {text}\n      {d.Part}: {d.Said}"));
        }

        Assert.True(differences.Count == 0, $"{differences.Count} differences\n" + string.Join('\n', differences));
    }

    /// <summary>From the text alone, and with the schema known, against what 15 did. Where the text misleads is written down, each with what it cannot tell.</summary>
    [Theory]
    [InlineData("catalogue", 0.90, 0.95, 0.98)]
    [InlineData("orm", 0.92, 0.97, 0.99)]
    [InlineData("deep", 0.93, 0.91, 0.98)]
    public void From_the_text_alone_hazards_and_locks_are_mostly_right(string corpus, double precision, double recall, double strongest)
    {
        var judged = Alone(corpus).ToArray();
        var right = judged.Count(j => j is { Said: true, Was: true });
        var (wrong, missed) = (judged.Where(j => j is { Said: true, Was: false }).ToArray(), judged.Where(j => j is { Said: false, Was: true }).ToArray());

        var written = File.ReadLines(Path.Combine(Folder(corpus), "text-alone.tsv")).Select(l => l.Split('\t')).ToArray();
        Assert.All(written, w => Assert.NotEmpty(w[1]));
        var (said, seen) = (written.Select(w => $"{w[0]}\t{w[2]}").ToArray(), wrong.Select(j => $"false alarm\t{j.Sql}").Concat(missed.Select(j => $"missed\t{j.Sql}")).ToArray());
        Assert.True(said.Order(StringComparer.Ordinal).SequenceEqual(seen.Order(StringComparer.Ordinal)),
            $"not written down:\n{string.Join('\n', seen.Except(said))}\nwritten down, and not so:\n{string.Join('\n', said.Except(seen))}");
        Assert.True((double)right / (right + wrong.Length) >= precision, $"precision {right} of {right + wrong.Length}");
        Assert.True((double)right / (right + missed.Length) >= recall, $"recall {right} of {right + missed.Length}");
        Assert.True((double)judged.Count(j => j.SameLock) / judged.Length >= strongest, $"strongest lock {judged.Count(j => j.SameLock)} of {judged.Length}");
    }

    /// <param name="Said">The text alone calls it a hazard.</param>
    /// <param name="Was">It was one.</param>
    private sealed record Alarm(string Sql, bool Said, bool Was, bool SameLock);

    private static IEnumerable<Alarm> Alone(string corpus)
    {
        var (schema, statements) = Read(corpus);
        var facts = RecordedFacts.Read(Folder(corpus), 15);
        var model = new EffectModel(Parser);
        foreach (var statement in statements)
        {
            var (fact, parsed) = (facts[RecordedFacts.Flat(statement.Text)], Parser.Parse(statement.Text));
            if (fact.Error.Length > 0)
                continue;
            var known = model.Play(parsed, schema.Replay(model));
            var alone = model.Play(parsed, new SchemaState { IsJudging = true, SearchPath = ["app"] });
            var blocks = fact.Locks.Values.Concat(fact.IndexLocks.Values).Any(l => l.BlocksWrites());
            var isHazard = known.DestroysData || (blocks && fact.Rewrites.Count + fact.Scans.Count > 0);
            Assert.True(known.Hazard == isHazard || IsPlanner(statement.Text), $"with the schema known: {statement.Text}");
            yield return new Alarm(fact.Statement, alone.Hazard, isHazard, alone.StrongestLock == fact.Locks.Values.Append(LockLevel.None).Max());
        }
    }

    private static bool IsPlanner(string sql) => Exceptions.Any(e => sql.StartsWith(e.Beginning, StringComparison.OrdinalIgnoreCase) && e.From <= 15 && e.To >= 15);

    private static (SchemaScript Schema, IReadOnlyList<SqlStatement> Statements) Read(string corpus)
    {
        var schema = SchemaScript.Read("fixture.sql", File.ReadAllText(Path.Combine(Folder(corpus), "fixture.sql")), Parser);
        Assert.Empty(schema.Notes);
        return (schema, SqlSplitter.Split(File.ReadAllText(Path.Combine(Folder(corpus), "statements.sql"))));
    }

    private static IEnumerable<(string Part, string Said)> Differences(StatementEffect claimed, RecordedFacts fact)
    {
        // What may not run in a transaction was not seen.
        if (fact.Error == "25001")
            yield break;
        if (fact.Error.Length > 0)
        {
            if (claimed.Fails is false)
                yield return ("error", $"claimed to succeed, failed with {fact.Error}");
            yield break;
        }

        if (claimed.Fails is true)
            yield return ("error", $"claimed to fail ({claimed.FailsBecause}), succeeded");
        if (Words(claimed.Locks) != Words(fact.Locks))
            yield return ("locks", $"claimed {Words(claimed.Locks)} recorded {Words(fact.Locks)}");
        if (Words(claimed.IndexLocks) != Words(fact.IndexLocks))
            yield return ("index", $"claimed {Words(claimed.IndexLocks)} recorded {Words(fact.IndexLocks)}");
        if (Words(claimed.SequenceLocks) != Words(fact.SequenceLocks))
            yield return ("sequences", $"claimed {Words(claimed.SequenceLocks)} recorded {Words(fact.SequenceLocks)}");
        if (!claimed.Rewrites.SetEquals(fact.Rewrites))
            yield return ("rewrites", $"claimed {string.Join(", ", claimed.Rewrites)} recorded {string.Join(", ", fact.Rewrites)}");
        if (!claimed.Scans.SetEquals(fact.Scans))
            yield return ("scans", $"claimed {string.Join(", ", claimed.Scans)} recorded {string.Join(", ", fact.Scans)}");
    }

    private static string Words(IEnumerable<KeyValuePair<string, LockLevel>> locks) =>
        string.Join(", ", locks.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key} {l.Value.Spelled()}"));
}
