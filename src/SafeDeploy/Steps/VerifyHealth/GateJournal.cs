using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;

namespace SafeDeploy.Steps.VerifyHealth;

/// <summary>Keeps of many readings what tells the story: each gate's first, every change of its verdict, and its last.</summary>
public sealed class GateJournal(string subject, Func<LedgerFact.GateRead, Task> record)
{
    private readonly Dictionary<string, (GateReading Reading, bool Written)> _last = new(StringComparer.Ordinal);

    public async Task SeenAsync(ImmutableArray<GateReading> readings)
    {
        foreach (var reading in readings)
        {
            var isNews = !_last.TryGetValue(reading.Gate, out var last) || last.Reading.Verdict != reading.Verdict;
            _last[reading.Gate] = (reading, isNews);
            if (isNews)
                await record(Fact(reading));
        }
    }

    /// <summary>Writes the last reading of each gate that is not written yet.</summary>
    public async Task CloseAsync()
    {
        foreach (var (gate, last) in _last.OrderBy(l => l.Key, StringComparer.Ordinal).ToArray())
        {
            if (last.Written)
                continue;
            await record(Fact(last.Reading));
            _last[gate] = (last.Reading, true);
        }
    }

    private LedgerFact.GateRead Fact(GateReading reading) =>
        new(reading.Gate, subject, HealthProblems.Word(reading.Verdict), reading.Measured, reading.Threshold, reading.Detail, reading.P95Ms, reading.ErrorShare);
}
