using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Config;
using SafeDeploy.Ports;
using SafeDeploy.Steps.VerifyHealth;

namespace SafeDeploy.Integrations.HealthGates.Http;

/// <summary>What a round of answers means. Pure.</summary>
public static class HttpJudgement
{
    /// <summary>A relative limit is never closer than this to its baseline: timer and scheduler noise of short answers.</summary>
    private static readonly TimeSpan Noise = TimeSpan.FromMilliseconds(10);

    private const int MostSamples = 500;

    /// <summary>So many that one failure is within the limit: 1 % needs a hundred.</summary>
    public static int SamplesToJudge(GateSettings.Http settings) => settings.Errors.Fraction == 0
        ? settings.Samples
        : Math.Max(settings.Samples, Math.Min(MostSamples, (int)Math.Ceiling(1 / settings.Errors.Fraction)));

    /// <summary>Some failed, and too few were asked to say whether too many did.</summary>
    public static bool IsOpen(GateSettings.Http settings, ImmutableArray<HttpAnswer> answers)
    {
        var failed = answers.Count(a => Fault(settings, a) is not null);
        return failed > 0 && answers.Length < SamplesToJudge(settings) && !IsTooMany(settings, failed, answers.Length);
    }

    public static GateReading Of(GateSettings.Http settings, GateScene scene, ImmutableArray<HttpAnswer> answers)
    {
        var faults = answers.Select(a => Fault(settings, a)).OfType<string>().ToArray();
        var measured = Measured(settings, answers, faults.Length);
        var detail = faults.Length == 0 ? "" : $"GET {settings.Path}: {faults.GroupBy(f => f).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).First().Key}";
        var threshold = Threshold(settings, scene);
        GateReading Reading(Verdict verdict, string more) =>
            new(settings.Name, verdict, measured, threshold, Joined(detail, more), settings.Critical)
            {
                P95Ms = answers.Any(a => a.Status > 0) ? RequestSamples.P95([.. answers.Where(a => a.Status > 0).Select(a => a.Took)]).TotalMilliseconds : null,
                ErrorShare = answers.IsEmpty ? null : (double)faults.Length / answers.Length,
            };

        if (IsTooMany(settings, faults.Length, answers.Length))
            return Reading(Verdict.Fail, "");
        if (answers.Length < settings.Samples)
            return Reading(Verdict.Inconclusive, $"{settings.Samples} requests are needed to judge");
        if (IsOpen(settings, answers))
            return Reading(Verdict.Inconclusive, $"{SamplesToJudge(settings)} requests are needed to judge {settings.Errors}");
        return Latency(settings, scene, answers) switch
        {
            null => Reading(Verdict.Pass, ""),
            var (verdict, why) => Reading(verdict, why),
        };
    }

    public static string Threshold(GateSettings.Http settings, GateScene scene)
    {
        var status = settings.Status is { } exact ? $"status {exact}" : "status 200 to 399";
        var body = settings.Body is { } text ? $", body with \"{text}\"" : "";
        var latency = Limit(settings, scene) is { } limit ? $", p95 at most {HttpGate.Text(limit)}{Relative(settings)}" : "";
        return $"{status}{body}, errors at most {settings.Errors} of {settings.Samples}{latency}";
    }

    /// <summary>The share is beyond its limit whatever the requests still missing would say.</summary>
    private static bool IsTooMany(GateSettings.Http settings, int failed, int asked) =>
        failed > settings.Errors.Fraction * Math.Max(asked, SamplesToJudge(settings));

    /// <summary>What is wrong with one answer, or null.</summary>
    private static string? Fault(GateSettings.Http settings, HttpAnswer answer)
    {
        if (answer.Status == 0)
            return $"no answer: {answer.Error}";
        var statusFits = settings.Status is { } exact ? answer.Status == exact : answer.Status is >= 200 and < 400;
        if (!statusFits)
            return $"status {answer.Status}{HealthProblems.FirstLine(answer.Body)}";
        return settings.Body is { } text && !answer.Body.Contains(text, StringComparison.Ordinal)
            ? $"status {answer.Status}, the body does not hold \"{text}\"{HealthProblems.FirstLine(answer.Body)}"
            : null;
    }

    private static string Measured(GateSettings.Http settings, ImmutableArray<HttpAnswer> answers, int failed)
    {
        var took = answers.Where(a => a.Status > 0).Select(a => a.Took).ToArray();
        var p95 = settings.P95 is null || took.Length == 0 ? "" : $", p95 {HttpGate.Text(RequestSamples.P95(took))}";
        return string.Create(CultureInfo.InvariantCulture, $"{failed} of {answers.Length} requests failed{p95}");
    }

    /// <summary>Null when latency is not judged or holds. Instances are asked over another way than users come, so only the front counts.</summary>
    private static (Verdict, string)? Latency(GateSettings.Http settings, GateScene scene, ImmutableArray<HttpAnswer> answers)
    {
        if (settings.P95 is null || scene.Slot is not null)
            return null;
        if (Limit(settings, scene) is not { } limit)
            // Something served before and could not be measured: unknown is not "as fast as before". A first release has no before.
            return scene.Before?.Serving is null ? null : (Verdict.Inconclusive, "no baseline could be taken before the deploy");
        var p95 = RequestSamples.P95([.. answers.Where(a => a.Status > 0).Select(a => a.Took)]);
        return p95 <= limit ? null : (Verdict.Fail, $"p95 {HttpGate.Text(p95)} is over {HttpGate.Text(limit)}");
    }

    private static TimeSpan? Limit(GateSettings.Http settings, GateScene scene) => (settings.P95, scene) switch
    {
        (_, { Slot: not null }) or (null, _) => null,
        (LatencyLimit.Absolute absolute, _) => absolute.Time,
        (LatencyLimit.Baseline relative, { Baseline: { } baseline }) => Longer(
            TimeSpan.FromMilliseconds(baseline.P95Ms * (double)relative.Times), TimeSpan.FromMilliseconds(baseline.P95Ms) + Noise),
        _ => null,
    };

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static string Relative(GateSettings.Http settings) => settings.P95 is LatencyLimit.Baseline relative
        ? string.Create(CultureInfo.InvariantCulture, $" ({relative.Times}x of before)") : "";

    private static string Joined(string a, string b) => a.Length == 0 ? b : b.Length == 0 ? a : $"{a}; {b}";
}
