using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Steps.VerifyHealth;

namespace SafeDeploy.Integrations.HealthGates.RowSecurity;

/// <summary>Flags and policies of the named tables are as they were before the deploy, in every tenant.</summary>
/// <param name="tenants">Null when the database has none: the tables are then those of <c>public</c>.</param>
public sealed class RowSecurityGate(GateSettings.Rls settings, IDatabase database, TenantsSettings? tenants) : IHealthGate
{
    public string Name => settings.Name;

    public bool IsCritical => settings.Critical;

    public async Task<GateReading> ReadAsync(GateScene scene, CancellationToken cancellation)
    {
        var list = tenants is null ? null : await database.TenantsAsync(tenants, cancellation);
        Scope[] scopes = [new Scope.Public(), .. list?.Tenants.Select(t => new Scope.Tenant(t)) ?? []];
        var now = await RowSecurityNotes.ReadAsync(database, scopes, settings.Tables, cancellation);
        return RowSecurityJudgement.Of(settings, scene.Before?.RowSecurity, now);
    }
}

/// <summary>Compares two sets of row level security states. Pure.</summary>
public static class RowSecurityJudgement
{
    private const int Named = 5;

    /// <param name="before">Null when none was taken: tenants are then compared with each other.</param>
    public static GateReading Of(GateSettings.Rls settings, ImmutableArray<RowSecurityNote>? before, ImmutableArray<RowSecurityNote> now)
    {
        // A table that this release makes has no before: the tenants are then compared with each other.
        var was = (before ?? []).Where(n => n.State.Length > 0).SelectMany(n => n.Schemas.Select(s => (Key: (n.Table, s), n.State))).ToDictionary(n => n.Key, n => n.State);
        var faults = new List<(string Place, string Why)>();
        var seen = 0;
        foreach (var note in now)
        {
            var usual = now.First(n => n.Table == note.Table).State;
            foreach (var schema in note.Schemas)
            {
                seen++;
                var expected = was.GetValueOrDefault((note.Table, schema), usual);
                if (Fault(expected, note.State, before is null || !was.ContainsKey((note.Table, schema))) is { } why)
                    faults.Add(($"\"{schema}\".{note.Table}", why));
            }
        }

        return Reading(settings, faults, seen, before is null);
    }

    private static string? Fault(string expected, string state, bool isPeer)
    {
        if (state.Length == 0)
            return "the table is missing";
        if (string.Equals(expected, state, StringComparison.Ordinal))
            return null;
        var (was, now) = (expected.Split('\n'), state.Split('\n'));
        var reference = isPeer ? "most tenants have" : "before it was";
        if (was[0] != now[0])
            return $"{now[0]}, {reference} {was[0]["row level security ".Length..]}";
        var lost = was.Skip(1).Except(now).FirstOrDefault();
        var added = now.Skip(1).Except(was).FirstOrDefault();
        return lost is null ? $"new: {added}" : added is null ? $"lost: {lost}" : $"changed: {lost} → {added}";
    }

    private static GateReading Reading(GateSettings.Rls settings, List<(string Place, string Why)> faults, int seen, bool peers)
    {
        var threshold = peers ? "flags and policies equal in all tenants" : "flags and policies as before the deploy";
        if (seen == 0)
            return new GateReading(settings.Name, Verdict.Inconclusive, "there is no tenant to read", threshold, "", settings.Critical);
        if (faults.Count == 0)
            return new GateReading(settings.Name, Verdict.Pass, $"{seen} of {seen} tables as expected", threshold, "", settings.Critical);
        var names = string.Join("; ", faults.Take(Named).Select(f => $"{f.Place}: {f.Why}"));
        return new GateReading(
            settings.Name, Verdict.Fail, $"{faults.Count} of {seen} tables differ", threshold,
            faults.Count > Named ? $"{names}; and {faults.Count - Named} more" : names, settings.Critical);
    }
}
