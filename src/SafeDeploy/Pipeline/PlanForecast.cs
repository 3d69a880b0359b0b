using SafeDeploy.Migrations;
using SafeDeploy.Risk.Verdict;

namespace SafeDeploy.Pipeline;

/// <summary>The rollback decision in advance: what would be decided if the release failed after all its migrations.</summary>
public static class PlanForecast
{
    public static string Of(DeployPlan plan)
    {
        if (!plan.ChangesData)
            return "a: the image goes back; no schema is touched";
        return plan.FitsPreviousImage switch
        {
            true => "b: the image goes back, the schema stays forward (every change is an expand)",
            null => $"b where the gates pass against the image that serves now, else {Reversal(plan)}",
            false => Reversal(plan),
        };
    }

    /// <summary>The same, with the case that the release fails half way.</summary>
    public static WayBack WayBack(DeployPlan plan)
    {
        var destroyer = plan.Migrations.FirstOrDefault(m => m.DestroysData);
        var oneWay = Pending(plan).FirstOrDefault(m => m.Rollback is null);
        return Risk.Verdict.WayBack.Of(new WayBackFacts(
            plan.ChangesData,
            plan.FitsPreviousImage,
            destroyer is null ? null : $"{destroyer.Version} {destroyer.Name} cannot be undone",
            oneWay is null ? null : $"{oneWay.Version} {oneWay.Name} has no rollback migration"));
    }

    private static IEnumerable<Migration> Pending(DeployPlan plan) =>
        new[] { plan.Public, plan.Tenants }.OfType<FleetHistory>().SelectMany(f => f.Pending.Values.SelectMany(p => p));

    private static string Reversal(DeployPlan plan)
    {
        if (plan.Migrations.FirstOrDefault(m => m.DestroysData) is { } destroyer)
            return $"f: forbidden, {destroyer.Version} {destroyer.Name} cannot be undone{(destroyer.Because.Length > 0 ? $" ({destroyer.Because})" : "")}";
        return Pending(plan).FirstOrDefault(m => m.Rollback is null) is { } oneWay
            ? $"f: forbidden, {oneWay.Version} {oneWay.Name} has no rollback migration"
            : "e: traffic is held, every schema goes back, then the image";
    }
}
