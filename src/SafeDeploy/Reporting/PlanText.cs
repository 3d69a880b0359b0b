using System.Globalization;
using System.Text;
using SafeDeploy.Migrations;
using SafeDeploy.Reporting.Verdict;

namespace SafeDeploy.Reporting;

/// <summary>The plan for a terminal: what is pending, whether the serving image survives it, the way back in advance.</summary>
public static class PlanText
{
    /// <param name="review">What the pending statements do, worst first.</param>
    public static string Render(DeployPlanDocument plan, PlanReview review)
    {
        var text = new StringBuilder();
        Line(text, "release", $"{plan.Version}{(plan.Digest is null ? "" : $" ({plan.Digest})")} to {plan.Environment}");
        Line(text, "tenants", string.Create(CultureInfo.InvariantCulture, $"{plan.TenantsPending} of {plan.TenantsTotal} have something pending"));
        foreach (var migration in plan.Migrations)
            Line(text, migration.Kind == ScopeKind.Public ? "public" : "every tenant", $"{migration.Version} {migration.Name}: {Words(migration.FitsPreviousImage)}{(migration.Because.Length > 0 ? $" ({migration.Because})" : "")}");
        if (plan.Migrations.IsEmpty)
            Line(text, "migrations", "nothing is pending");
        Line(text, "waves", string.Join(", ", plan.Waves));
        if (plan.HoldsTraffic)
            Line(text, "maintenance", "traffic is held (503) while the schema moves");
        Line(text, "if it fails", plan.Decision);
        return plan.Migrations.IsEmpty ? text.ToString() : text.Append('\n').Append(ReviewText.Render(review)).ToString();
    }

    private static string Words(bool? fits) => fits switch
    {
        true => "the image that serves does not notice it",
        false => "breaks the image that serves",
        null => "unknown to the image that serves: its gates are asked after the canaries",
    };

    private static void Line(StringBuilder text, string label, string value) => text.Append("  ").Append(label.PadRight(14)).Append(value).Append('\n');
}
