using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Verdict;

/// <summary>What decides the way back, known before anything runs.</summary>
/// <param name="Compatible">The image that serves works on the new schema; null = only its gates can tell.</param>
/// <param name="Unrecoverable">The first statement whose loss no script brings back, with its place; null = none.</param>
/// <param name="OneWay">The first migration without a way back; null = all have one.</param>
public sealed record WayBackFacts(bool ChangesData, bool? Compatible, string? Unrecoverable, string? OneWay);

/// <summary>The rollback decision in advance, for each moment at which a release can fail.</summary>
/// <param name="Half">Some scopes are forward, some are not.</param>
/// <param name="After">Everything is migrated and the new image is not well.</param>
public sealed record WayBack(string Half, string After)
{
    public static WayBack Of(WayBackFacts facts) => facts.ChangesData
        ? new WayBack(HalfWay(facts), AfterAll(facts))
        : new WayBack("nothing is migrated, so nothing has to go back", "image back; no schema was touched");

    /// <summary>From the files alone: what a pull request can know.</summary>
    public static WayBack Of(RiskReport report)
    {
        var lost = report.Statements.FirstOrDefault(s => s.Effect.DestroysData);
        var compatible = report.Statements.Aggregate((bool?)true, (sofar, s) => EffectBuilder.Both(sofar, s.Effect.Compatible));
        var oneWay = report.Files.FirstOrDefault(f => !f.IsReplayed && f.Rollback is null && report.Statements.Any(s => s.File == f.Path));
        return Of(new WayBackFacts(
            !report.Statements.IsEmpty, compatible, lost is null ? null : $"{lost.File}:{lost.Line} destroys data", OneWay(report, oneWay)));
    }

    private static string? OneWay(RiskReport report, RiskFile? without)
    {
        if (without is not null)
            return $"{without.Path} comes without a rollback migration";
        var known = report.Files.Where(f => f.IsWayBackKnown).Select(f => f.Path).ToHashSet(StringComparer.Ordinal);
        var left = report.Statements.FirstOrDefault(s => s.Effect is { Reversible: false, DestroysData: false } && known.Contains(s.File));
        return left is null ? null : $"{left.File}:{left.Line} is not undone by its rollback migration";
    }

    private static string HalfWay(WayBackFacts facts) => Obstacle(facts) is { } obstacle
        ? $"the migrated tenants cannot go back ({obstacle}): it stops there, the serving image {(facts.Compatible == true ? "does not notice" : "may fail on them")}, a person finishes forward"
        : "the migrated tenants go back, then public; the serving image never left";

    private static string AfterAll(WayBackFacts facts) => facts.Compatible switch
    {
        true => "image back, schema stays (every change is an expand)",
        null => $"image back, schema stays where the previous image's gates pass on it; else {Reversal(facts)}",
        false => Reversal(facts),
    };

    private static string Reversal(WayBackFacts facts) => Obstacle(facts) is { } obstacle
        ? $"no automatic way back ({obstacle}): a person decides"
        : "traffic is held, every schema goes back, then the image";

    private static string? Obstacle(WayBackFacts facts) => facts.Unrecoverable ?? facts.OneWay;
}
