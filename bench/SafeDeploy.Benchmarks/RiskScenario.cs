using System.Diagnostics;
using System.Globalization;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Risk;

namespace SafeDeploy.Benchmarks;

/// <summary>How much the effect model and the rules cost on top of PostgreSQL's own parser, in one process, turn by turn.</summary>
internal static class RiskScenario
{
    private const int Turns = 5;

    public static int Run(int files)
    {
        var parser = PgQueryParser.Load();
        var folder = Enumerable.Range(0, files).Select(File).ToArray();
        Analyze(parser, folder);
        Parse(parser, folder);
        var turns = Enumerable.Range(0, Turns).Select(_ => (Parse: Time(() => Parse(parser, folder)), Analysis: Time(() => Analyze(parser, folder)))).ToArray();
        var ratios = turns.Select(t => t.Analysis / t.Parse).Order().ToArray();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"risk: {files} files, analysis {turns.Select(t => t.Analysis.TotalMilliseconds).Order().ElementAt(Turns / 2):0} ms (median of {Turns}); analysis / parsing alone: {ratios[0]:0.00} {ratios[Turns / 2]:0.00} {ratios[^1]:0.00} (min, median, max)"));
        return 0;
    }

    /// <summary>A folder as real ones are: tables, columns, indexes, foreign keys, a backfill.</summary>
    private static RiskFile File(int i) => new(
        string.Create(CultureInfo.InvariantCulture, $"{i:000000}_change.up.sql"),
        (i % 5) switch
        {
            0 => $"create table item_{i} (id bigint primary key, name text not null, price numeric(12,2) default 0, created_at timestamptz default now());",
            1 => $"alter table item_{i - 1} add column note text; create index concurrently item_{i}_name on item_{i - 1} (name);",
            2 => $"alter table item_{i - 2} add constraint item_{i}_price check (price >= 0) not valid; alter table item_{i - 2} validate constraint item_{i}_price;",
            3 => $"create table line_{i} (id bigint primary key, item bigint references item_{i - 3} (id)); comment on table line_{i} is 'lines';",
            _ => $"update item_{i - 4} set note = '' where note is null; alter table item_{i - 4} alter column note set not null;",
        });

    private static TimeSpan Time(Action action)
    {
        var started = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(started);
    }

    private static void Parse(PgQueryParser parser, RiskFile[] files)
    {
        foreach (var statement in files.SelectMany(f => parser.Split(f.Sql)))
            parser.Parse(statement.Text);
    }

    private static void Analyze(PgQueryParser parser, RiskFile[] files) =>
        PlanFiles.Run(parser, files, null, RiskOptions.Default, CancellationToken.None);
}
