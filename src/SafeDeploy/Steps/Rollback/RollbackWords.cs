using SafeDeploy.Ledger;

namespace SafeDeploy.Steps.Rollback;

/// <summary>An action of the way back in one line.</summary>
public static class RollbackWords
{
    public static string Of(Change action) => action switch
    {
        Change.MigrateScopeBack back => $"{back.Scope}: back before {back.Versions[^1]} ({string.Join(", ", back.Versions)} undone)",
        Change.HoldTraffic hold => $"traffic held: {hold.Because}",
        Change.SwitchTraffic { ToSlot: null } => "the front serves nobody",
        Change.SwitchTraffic to => $"traffic to slot {to.ToSlot}",
        Change.ReleaseTraffic release => $"held traffic goes on to slot {release.Slot}",
        Change.StartRelease start => $"{start.Release.Display} started again in slot {start.Slot}",
        Change.StopWorkers stop => $"workers of slot {stop.Slot} stopped",
        Change.StartWorkers start => $"workers of slot {start.Slot} started",
        Change.RemoveRelease remove => $"the release in slot {remove.Slot} removed, its last logs kept",
        Change.RetireRelease retire => $"the release in slot {retire.Slot} stopped, its image kept",
        _ => action.ToString(),
    };
}
