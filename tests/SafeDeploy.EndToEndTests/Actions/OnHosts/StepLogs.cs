using System.Net;
using System.Text.RegularExpressions;

namespace SafeDeploy.EndToEndTests.Actions.OnHosts;

/// <summary>Logs of a job's steps as one text.</summary>
internal static partial class StepLogs
{
    /// <summary>Each under its name; not what the machine's load, its disks and its client tools decide.</summary>
    public static string Of(IEnumerable<(string Name, IEnumerable<string> Log)> steps, string workspace) =>
        string.Join("\n\n", steps.Select(s => $"=== {s.Name}\n{string.Join('\n', s.Log.Where(l => !OfTheMachine().IsMatch(l)))}")).Replace(workspace, "WORKSPACE", StringComparison.Ordinal);

    /// <summary>What steps left at the job, one after the other.</summary>
    public static string Summary(IEnumerable<string> markdown, string workspace) => WebUtility.HtmlDecode(string.Join('\n', markdown)).Replace(workspace, "WORKSPACE", StringComparison.Ordinal);

    [GeneratedRegex("^  (tenants |soak, |server takes writes: |connections: |processor and memory: |disk (for|of) the backup: |long transactions: |backing up )")]
    private static partial Regex OfTheMachine();
}
