using System.Runtime.CompilerServices;
using System.Text;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Yaml;
using SafeDeploy.Tests.Architecture;

namespace SafeDeploy.Tests.Config;

/// <summary>What a person reads when the configuration is wrong: one golden a kind of mistake.</summary>
public sealed class ConfigErrorsTests
{
    private static readonly Dictionary<string, string> Variables = new() { ["EMPTY"] = "", ["SET"] = "value" };

    [Fact]
    public void All_mistakes_of_a_file_are_told_at_once_in_its_order() => Golden.Verify(Yml.Text(Yml.Read(
        """
        version: 2
        projct: shop
        database: { url: "${DATABASE_URL}" }
        lock_timeout: 3s
        migrations:
          public: { engine: sqll, path: db/public }
          lock-timeout: 5 seconds
          parallel: many
          retries: -1
        backup: file:///backups
        health:
          readiness: health
          soak: 30
          gates: { name: page }
        environments:
          prod: { heath: { soak: 30m } }
        """)));

    [Fact]
    public void An_unknown_key_names_the_nearest_known_one() => Cases([
        ("misspelt", "rolback: { automatic: true }"),
        ("a dash for an underscore", "risk: { fail-on: high }"),
        ("at home elsewhere", "statement_timeout: 3s"),
        ("nothing near", "wibble: 1"),
        ("a merge key, which YAML 1.2 does not have", "risk: { <<: { fail_on: high } }"),
        ("inside a list", "rollback: { forbid_when: [ { sql: select true, becuase: x, because: y } ] }")]);

    [Fact]
    public void A_value_of_the_wrong_kind_says_what_is_accepted() => Cases([
        ("a list for a value", "risk: { fail_on: [ high ] }"),
        ("a value for a section", "risk: high"),
        ("a shell line for an argument list", "health: { gates: [ { name: smoke, command: { run: ./smoke.sh --fast } } ] }"),
        ("a mapping for a list", "tenants: { schemas: { a: b } }"),
        ("nothing", "backup:"),
        ("null", "backup: { store: ~ }"),
        ("an item that is nothing", "risk: { protected_tables: [ sale, ] }\ntenants: { schemas: [ a, null ] }")]);

    [Fact]
    public void A_quantity_that_is_not_one_shows_how_it_is_written() => Cases([
        ("no unit", "migrations: { lock_timeout: 3 }"),
        ("a unit in words", "health: { soak: 5 minutes, readiness: / , url: \"http://a\" }"),
        ("a duration of nothing", "migrations: { lock_timeout: 0s }"),
        ("a percentage above all", "migrations: { waves: [ 200% ] }"),
        ("a number out of range", "migrations: { parallel: 0, retries: 1000 }"),
        ("a size without a unit", "deploy: { target: none, docker: { service: a, port: 70000, front: { mode: none }, limits: { memory: 512, cpus: two } } }"),
        ("neither true nor false", "rollback: { automatic: yes }"),
        ("an empty list", "tenants: { schemas: [] }")]);

    [Fact]
    public void A_word_that_is_no_choice_names_the_choices() => Cases([
        ("near one", "risk: { fail_on: hihg }"),
        ("near none", "rollback: { database: restore }"),
        ("a tenant that is the server's", "tenants: { schemas: [ t ], canaries: [ pg_temp, public, \"\" ] }"),
        ("a name for containers", "deploy: { target: docker, image: \"app v1\", docker: { service: -x, port: 1, front: { mode: managed, listen: \"a:b\" } } }")]);

    [Fact]
    public void A_missing_key_is_named_with_what_it_takes() => Cases([
        ("in a section", "rollback: { forbid_when: [ { sql: select true } ] }"),
        ("for the chosen target", "deploy: { target: docker }"),
        ("for the chosen engine", "migrations: { public: { engine: command } }"),
        ("no source of tenants", "tenants: { canaries: [ a ] }"),
        ("a gate that asks nothing", "health: { gates: [ { name: page } ] }")]);

    [Fact]
    public void Keys_that_exclude_each_other_are_named_together() => Cases([
        ("two sources of tenants", "tenants:\n  query: select 1\n  schemas: [ a ]"),
        ("two proofs of the version", "health: { url: \"http://a\", readiness: /, version_header: X, version_path: /v }"),
        ("a gate that is two", "health: { gates: [ { name: a, rls: { tables: [ t ] }, command: { run: [ x ] } } ] }"),
        ("a key of another engine", "migrations: { public: { engine: sql, path: db, forward: [ x ] } }"),
        ("a key of another front", "deploy: { target: none, docker: { service: a, port: 1, front: { mode: none, listen: 80 } } }"),
        ("a key twice", "risk: { fail_on: high, fail_on: low }")]);

    [Fact]
    public void A_variable_that_is_missing_or_malformed_is_named() => Cases([
        ("not set", "risk: { protected_tables: [ \"${TABLE}\" ] }"),
        ("set and empty", "risk: { protected_tables: [ \"${EMPTY}\" ] }"),
        ("not closed", "risk: { protected_tables: [ \"${TABLE\" ] }"),
        ("no name", "risk: { protected_tables: [ \"${}\", \"${1A}\", \"${A B}\", \"${A:?no}\" ] }"),
        ("a value that does not fit", "risk: { fail_on: \"${SET}\" }")]);

    [Fact]
    public void An_address_that_is_none_says_why_and_never_itself() => Golden.Verify(string.Join('\n', new[]
    {
        "db:5432/shop", "postgres://app:p@ss@db/shop", "postgres://app:a/b@db/shop", "postgres://db:port/shop", "postgres://db", "postgres://db/a b",
    }.Select(url => $"## {url}\n" + Yml.Text(Yml.Read(Yml.Head.Replace("postgres://app:s3cr%40t@db:5432/shop", $"'{url}'", StringComparison.Ordinal))))));

    [Fact]
    public void What_is_not_built_yet_is_refused_by_name() => Cases([
        ("another database", "database: { url: \"mysql://root@db/shop\" }"),
        ("another database from a variable", "database: { url: \"${OTHER:-sqlite:///data/db.sqlite3}\" }"),
        ("another engine, with its keys", "migrations: { tenants: { engine: django, manage: python manage.py, run-in: image } }"),
        ("another engine, EF Core", "migrations: { public: { engine: ef, bundle: ./efbundle } }"),
        ("other stores", "backup: { store: \"gs://acme/x\" }"),
        ("another target", "deploy: { target: kubernetes, namespace: shop }"),
        ("whole sections", "notify: [ { webhook: x } ]\nfreeze: [ { every: fri } ]\nrisk: { statistics: s.json }"),
        ("in an environment", "environments: { prod: { freeze: [ { every: fri } ], deploy: { target: swarm } } }")]);

    [Fact]
    public void Values_that_contradict_each_other_are_named_together() => Cases([
        ("tenants that are none", "migrations: { tenants: { path: db } }\nrollback: { forbid_when: [ { sql: select true, scope: tenants, because: x } ] }"),
        ("a lock timeout that never fires", "migrations: { lock_timeout: 5s, statement_timeout: 5s }"),
        ("waves", "migrations: { waves: [ 50%, canaries, 5% ] }"),
        ("gates of one name", "health: { gates: [ { name: a, rls: { tables: [ t ] } }, { name: a, rls: { tables: [ u ] } } ] }"),
        ("health that asks nothing", "health: { soak: 1m }"),
        ("no front door", "health: { readiness: /ready }"),
        ("maintenance without hold", "deploy: { target: command, maintenance: allowed, command: { current: [a], start: [a], switch: [a], stop: [a] } }"),
        ("hold without release", "deploy: { target: command, command: { current: [a], start: [a], switch: [a], stop: [a], hold: [a] } }"),
        ("keys of another store", "backup: { store: file:///b, s3: { access_key: a } }"),
        ("a store without its programs", "backup: { store: command }"),
        ("containers", "deploy: { target: docker, image: a, docker: { service: a, port: 1, front: { mode: none }, workers: [ { service: a, command: [ w ] } ], mounts: [ { source: ./x, target: /x }, { type: bind, source: y, target: /x } ] } }")]);

    [Fact]
    public void An_environment_that_is_wrong_is_told_in_every_run() => Golden.Verify(string.Join('\n',
        "## asked for, and unknown\n" + Yml.Text(Yml.Read(Yml.Head + "environments: { prod: { }, uat: { } }", "prd")),
        "## asked for by a name that is none\n" + Yml.Text(Yml.Read(Yml.Head, "../prod")),
        "## another one is asked for\n" + Yml.Text(Yml.Read(
            Yml.Head + "environments: { uat: { }, prod: { project: other, migrations: { retries: x, lock_timeout: \"${NONE}\" }, tenants: { query: a, schemas: [ b ] } } }", "uat")),
        "## no mapping\n" + Yml.Text(Yml.Read(Yml.Head + "environments: [ prod ]", "prod")),
        "## the value that wins is the one that is wrong\n" + Yml.Text(Yml.Read(Yml.Head + "environments:\n  prod:\n    risk: { fail_on: \"${SET}\" }", "prod", Variables))));

    [Fact]
    public void An_input_that_does_not_fit_is_named_as_an_input() => Golden.Verify(Yml.Text(Yml.Read(
        Yml.Head, null, null,
        new ConfigInput("--lock-timeout", "migrations.lock_timeout", "soon"), new ConfigInput("--set", "migrations.public.pth", "x"))));

    [Fact]
    public void What_a_file_holds_cannot_write_into_the_terminal_or_the_log() => Cases([
        ("escape codes and workflow commands", "\"\\e[2J\\n::error::x\": 1\nrisk: { fail_on: \"a\\r\\n::set-output name=x::y\\u202e\" }"),
        ("a very long word", $"risk: {{ fail_on: {new string('x', 5000)} }}")]);

    [Fact]
    public void Every_problem_of_the_configuration_has_a_golden_and_a_code_of_its_own()
    {
        var all = ConfigProblems.All.Concat(YamlProblems.All).Select(info => info.Code).ToList();
        Assert.Equal(all.Count, all.Distinct().Count());
        var goldens = string.Concat(Repository.Files("tests/SafeDeploy.Tests/Config", "*.golden.txt").Select(Repository.Read));
        Repository.AssertNone(all.Where(code => !goldens.Contains(code, StringComparison.Ordinal)));
    }

    [Fact]
    public void More_mistakes_than_a_screen_holds_are_counted()
    {
        var reading = Yml.Read(Yml.Head + string.Join('\n', Enumerable.Range(0, 50).Select(i => $"wibble_{i}: 1")));
        Assert.Equal(ConfigReading.MostProblems, reading.Problems.Length);
        Assert.Equal(30, reading.Omitted);
    }

    /// <summary>Each case is put over the least file that is right, so that only its own mistake is told.</summary>
    private static void Cases(ReadOnlySpan<(string Name, string Yaml)> cases, [CallerMemberName] string member = "")
    {
        var text = new StringBuilder();
        foreach (var (name, yaml) in cases)
            text.Append("## ").Append(name).Append('\n').Append(Yml.Text(Yml.Read(Head(yaml) + yaml, null, Variables))).Append('\n');
        Golden.Verify(text.ToString(), member);
    }

    private static string Head(string yaml)
    {
        var lines = new List<string> { "version: 1", "project: shop" };
        if (!yaml.Contains("database: { url", StringComparison.Ordinal))
            lines.Add("database: { url: \"postgres://db/shop\" }");
        return string.Join('\n', lines) + "\n";
    }
}
