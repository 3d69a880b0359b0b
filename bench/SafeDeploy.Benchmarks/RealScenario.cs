using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Benchmarks;

/// <summary>Migrations of real projects: what the model says of each statement, from the text alone and with the earlier files known, against what a server does.</summary>
internal sealed class RealScenario
{
    // As in the recorded worlds: under UTC timestamp becomes timestamptz without a rewrite, and no text tells where it runs.
    private const string TimeZone = "America/Sao_Paulo";

    // What is lost there no empty database shows; the model with the schema known is asked instead.
    private static readonly ImmutableHashSet<ActKind> ChangesRows =
    [
        ActKind.UpdatesAll, ActKind.UpdatesSome, ActKind.DeletesAll, ActKind.DeletesSome, ActKind.DeletionReaches, ActKind.Upserts, ActKind.Truncates,
        ActKind.TruncatesCascading, ActKind.ChangesTypeLossy, ActKind.OverwritesByUsing, ActKind.DropsAttribute,
    ];

    /// <param name="Alone">Nothing else is known, not even the file's other statements.</param>
    /// <param name="InFile">The file's earlier statements are known.</param>
    /// <param name="Known">The earlier files are known too.</param>
    /// <param name="KnownAllOld">The same, with what the file makes itself taken for old.</param>
    private sealed record Judged(
        string Project, string File, SqlStatement Statement, StatementEffect Alone, StatementEffect InFile, StatementEffect Known, StatementEffect KnownAllOld, SeenEffect Seen)
    {
        /// <summary>It ran, and would have in a database with rows: there, a column that must not be NULL is refused.</summary>
        public bool Counts => Seen.Error.Length == 0 && !(KnownAllOld.Fails is true && KnownAllOld.Acts.Any(a => a.Kind == ActKind.AddsRequiredColumn));

        public bool LosesRows => KnownAllOld.DestroysData && KnownAllOld.Acts.Any(a => ChangesRows.Contains(a.Kind));

        public bool LosesOldRows => Known.DestroysData && Known.Acts.Any(a => ChangesRows.Contains(a.Kind));
    }

    private sealed record ReadFile(string Path, IReadOnlyList<SqlStatement> Statements, ImmutableArray<SqlParseResult> Parsed);

    private readonly PgQueryParser _parser = PgQueryParser.Load();
    private readonly EffectModel _model;

    private RealScenario() => _model = new EffectModel(_parser);

    /// <param name="server">A server on which databases may be made, as <c>postgres://…</c>.</param>
    /// <param name="projects">A folder each, whose files are one history in the order of their names.</param>
    public static async Task<int> RunAsync(string server, IReadOnlyList<string> projects)
    {
        var scenario = new RealScenario();
        var all = new List<Judged>();
        foreach (var project in projects)
        {
            var judged = await scenario.ProjectAsync(server, project);
            all.AddRange(judged);
            Console.WriteLine($"{Path.GetFileName(project)}: {Counts(judged)}");
        }

        Report(all);
        await File.WriteAllLinesAsync(Path.Combine("artifacts", "real.tsv"), all.Select(Line));
        return 0;
    }

    private async Task<List<Judged>> ProjectAsync(string server, string folder)
    {
        var files = Directory.GetFiles(folder, "*.sql").Order(StringComparer.Ordinal).Select(Read).ToArray();
        var (name, settings) = ($"sd_real_{Guid.NewGuid():N}", PostgresUrl.Parse(server));
        await ExecuteAsync(settings, $"create database {name}");
        try
        {
            settings = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Database = name, Pooling = false };
            var seen = new List<SeenEffect>();
            foreach (var file in files)
                seen.AddRange(await SeeAsync(settings, file));
            return [.. Predict(Path.GetFileName(folder), files).Zip(seen, (judged, effect) => judged with { Seen = effect })];
        }
        finally
        {
            await ExecuteAsync(PostgresUrl.Parse(server), $"drop database {name} with (force)");
        }
    }

    private ReadFile Read(string path)
    {
        var statements = _parser.Split(SqlText.Readable(File.ReadAllText(path)));
        return new ReadFile(path, statements, [.. statements.Select(s => s.Error is { } e ? SqlParseResult.Failed(e.Message, e.Offset) : _parser.Parse(s.Text))]);
    }

    private static async Task<List<SeenEffect>> SeeAsync(NpgsqlConnectionStringBuilder settings, ReadFile file)
    {
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        var watch = new StatementWatch(connection);
        await watch.BeginFileAsync(TimeZone);
        var seen = new List<SeenEffect>();
        foreach (var (statement, parsed) in file.Statements.Zip(file.Parsed))
        {
            var facts = TransactionFacts.For(parsed);
            seen.Add(facts.Control != TransactionControl.None
                ? SeenEffect.None("transaction control")
                : await watch.RunAsync(statement.Text, isBare: facts.MayRunInTransaction == false));
        }

        return seen;
    }

    private List<Judged> Predict(string project, ReadFile[] files)
    {
        var judged = new List<Judged>();
        var allOld = new SchemaState();
        for (var i = 0; i < files.Length; i++)
        {
            var file = files[i];
            var inFile = Fresh();
            var known = After(files.Take(i));
            allOld.FreshEnumValues.Clear();
            judged.AddRange(file.Statements.Zip(file.Parsed, (statement, parsed) => new Judged(
                project, Path.GetFileName(file.Path), statement, _model.Play(parsed, Fresh()), _model.Play(parsed, inFile),
                _model.Play(parsed, known), _model.Play(parsed, allOld), SeenEffect.None())));
        }

        return judged;
    }

    private static SchemaState Fresh() => new() { IsJudging = true };

    private SchemaState After(IEnumerable<ReadFile> earlier)
    {
        var schema = new SchemaState();
        foreach (var parsed in earlier.SelectMany(f => f.Parsed))
            _model.Play(parsed, schema);
        schema.FreshEnumValues.Clear();
        schema.IsJudging = true;
        return schema;
    }

    private static string Counts(IReadOnlyCollection<Judged> judged) => string.Create(
        CultureInfo.InvariantCulture,
        $"{judged.Select(j => j.File).Distinct().Count()} files, {judged.Count} statements, {judged.Count(j => j.Seen.Error.Length == 0)} seen, {judged.Count(j => j.Seen.Error.Length > 5 && char.IsAsciiDigit(j.Seen.Error[0]))} refused");

    private static void Report(List<Judged> all)
    {
        var seen = all.Where(j => j.Counts).ToArray();
        Console.WriteLine($"{Counts(all)}, {seen.Length} counted");
        Measure("statement alone, every table counts", seen, j => j.Alone, j => j.Seen.Blocks(false) || j.Seen.Drops(false) || j.LosesRows, j => j.Seen.Drops(false) || j.LosesRows);
        Measure("file alone, tables older than the file count", seen, j => j.InFile, j => j.Seen.Blocks(true) || j.Seen.Drops(true) || j.LosesOldRows, j => j.Seen.Drops(true) || j.LosesOldRows);
        Measure("earlier files known, every table counts", seen, j => j.KnownAllOld, j => j.Seen.Blocks(false) || j.Seen.Drops(false) || j.LosesRows, j => j.Seen.Drops(false) || j.LosesRows);
        Measure("earlier files known, tables older than the file count", seen, j => j.Known, j => j.Seen.Blocks(true) || j.Seen.Drops(true) || j.LosesOldRows, j => j.Seen.Drops(true) || j.LosesOldRows);
    }

    private static void Measure(string what, Judged[] seen, Func<Judged, StatementEffect> said, Func<Judged, bool> hazard, Func<Judged, bool> loss) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{what}: hazards {Score(seen, j => said(j).Hazard, hazard)}; destroys {Score(seen, j => said(j).DestroysData, loss)}; strongest lock {(double)seen.Count(j => said(j).StrongestLock == j.Seen.Strongest) / seen.Length:0.0000}"));

    private static string Score(Judged[] seen, Func<Judged, bool> said, Func<Judged, bool> was)
    {
        var (right, wrong, missed) = (seen.Count(j => said(j) && was(j)), seen.Count(j => said(j) && !was(j)), seen.Count(j => !said(j) && was(j)));
        return string.Create(CultureInfo.InvariantCulture, $"P {(double)right / (right + wrong):0.000} R {(double)right / (right + missed):0.000} ({right} right, {wrong} false, {missed} missed)");
    }

    private static string Line(Judged j) => string.Join('\t', j.Project, j.File, j.Statement.Line, j.Seen.Error.Length > 0 ? j.Seen.Error : j.Counts ? "" : "refused where rows are",
        $"{Bit(j.Seen.Blocks(false))}{Bit(j.Seen.Drops(false))}{Bit(j.LosesRows)}", $"{Bit(j.Seen.Blocks(true))}{Bit(j.Seen.Drops(true))}{Bit(j.LosesOldRows)}",
        Said(j.Alone), Said(j.InFile), Said(j.KnownAllOld), Said(j.Known),
        j.Seen.Strongest.Spelled(), j.Alone.StrongestLock.Spelled(), j.KnownAllOld.StrongestLock.Spelled(),
        j.KnownAllOld.Fails is true ? j.KnownAllOld.FailsBecause : "", Difference(j), RecordedText(j.Statement.Text));

    private static string RecordedText(string sql) => string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) is var flat && flat.Length > 400 ? flat[..400] : flat;

    private static string Said(StatementEffect effect) => $"{Bit(effect.Hazard)}{Bit(effect.DestroysData)}";

    private static char Bit(bool value) => value ? '1' : '0';

    // Only with the schema known can names be expected to agree.
    private static string Difference(Judged j) => string.Join("; ", new[]
    {
        Locks("locks", j.KnownAllOld.Locks, j.Seen.Done.Locks), Locks("index", j.KnownAllOld.IndexLocks, j.Seen.Done.IndexLocks), Locks("sequences", j.KnownAllOld.SequenceLocks, j.Seen.Done.SequenceLocks),
        Names("rewrites", j.KnownAllOld.Rewrites, j.Seen.Done.Rewrites), Names("scans", j.KnownAllOld.Scans, j.Seen.Done.Scans),
    }.Where(d => d.Length > 0));

    private static string Locks(string part, IEnumerable<KeyValuePair<string, LockLevel>> said, IEnumerable<KeyValuePair<string, LockLevel>> was) =>
        Names(part, said.Select(l => $"{l.Key} {l.Value.Spelled()}"), was.Select(l => $"{l.Key} {l.Value.Spelled()}"));

    private static string Names(string part, IEnumerable<string> said, IEnumerable<string> was)
    {
        var (tooMany, tooFew) = (said.Except(was).ToArray(), was.Except(said).ToArray());
        return tooMany.Length + tooFew.Length == 0 ? "" : $"{part}: {string.Join(", ", tooMany.Select(n => $"+{n}").Concat(tooFew.Select(n => $"-{n}")))}";
    }

    private static async Task ExecuteAsync(NpgsqlConnectionStringBuilder settings, string sql)
    {
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
