using System.Globalization;
using SafeDeploy.Config;
using SafeDeploy.Ports;
using static SafeDeploy.Steps.Preflight.PreflightProblems;

namespace SafeDeploy.Steps.Preflight.Checks;

/// <summary>Processor and memory of the machine this runs on, and how busy the server is; refused only by what the configuration asks for.</summary>
/// <remarks>What the server's own machine has left is told by no SQL: its queries that run are the nearest to it.</remarks>
internal sealed class MachineHasRoom : IPreflightCheck
{
    public string Name => "processor and memory";

    public Task<IReadOnlyList<PreflightFinding>> CheckAsync(PreflightSubject subject, CancellationToken cancellation)
    {
        var asked = subject.Config.Preflight;
        var active = subject.Facts.ActiveQueries;
        var missing = new List<string>();
        if (subject.Machine is { } machine)
        {
            if (asked.Load is { } most && Percent(machine) > most)
                missing.Add(Text($"the load of this machine is {Percent(machine):0}% of its {machine.Processors} processors, at most {most}% are allowed"));
            if (asked.FreeMemory is { } least && machine.FreeMemory < least.Bytes)
                missing.Add(Text($"{Megabytes(machine.FreeMemory)} of memory are free on this machine, {Megabytes(least.Bytes)} are demanded"));
        }

        if (asked.ActiveQueries is { } queries && active > queries)
            missing.Add(Text($"{Queries(active)} on the server, at most {queries} are allowed"));
        var findings = missing.Select(what => (PreflightFinding)new PreflightFinding.Refusal(Found(
            TooBusy, what, what.Contains("server", StringComparison.Ordinal) ? subject.Database.Display : "this machine", "wait until it is quieter, or correct preflight in safe-deploy.yml"))).ToList();
        if (findings.Count == 0)
            findings.Add(Seen(subject.Machine, asked, active));
        return Task.FromResult<IReadOnlyList<PreflightFinding>>(findings);
    }

    private static PreflightFinding Seen(MachineFacts? machine, PreflightSettings asked, int active) => machine switch
    {
        null when asked.Load is not null || asked.FreeMemory is not null => new PreflightFinding.Unknown("this system does not tell its load and memory"),
        null => new PreflightFinding.Good(Text($"{Queries(active)} on the server; this system does not tell its load and memory")),
        _ => new PreflightFinding.Good(Text($"load {Percent(machine):0}% of {machine.Processors} processors, {Megabytes(machine.FreeMemory)} of memory free here; {Queries(active)} on the server")),
    };

    private static string Queries(int active) => active == 1 ? "1 query runs" : Text($"{active} queries run");

    private static double Percent(MachineFacts machine) => 100 * machine.Load / Math.Max(1, machine.Processors);

    private static string Megabytes(long bytes) => Text($"{bytes / 1048576.0:0} MB");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
