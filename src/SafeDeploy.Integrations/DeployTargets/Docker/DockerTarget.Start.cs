using System.Collections.Immutable;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>Bringing up a release: containers that exist already as wanted are started, not made again.</summary>
public sealed partial class DockerTarget
{
    private delegate ImmutableArray<PlannedContainer> Planned(SlotSpec spec, string image, ImmutableSortedDictionary<string, string> env);

    public async Task StartAsync(Release release, string slot, string spec, CancellationToken cancellation)
    {
        var wanted = SlotSpec.Parse(spec) with { Slot = slot };
        await ClearOthersAsync(wanted, cancellation);
        await BringUpAsync(wanted, ContainerLabels.Web, ContainerPlan.Web, cancellation);
        await front.LearnAsync(cancellation);
    }

    public async Task StartWorkersAsync(string slot, Release release, string spec, CancellationToken cancellation)
    {
        var wanted = SlotSpec.Parse(spec) with { Slot = slot };
        if (wanted.Workers.Length == 0)
            return;
        await BringUpAsync(wanted, ContainerLabels.Worker, ContainerPlan.Workers, cancellation);
        await fleet.SetRestartPolicyAsync(await fleet.SlotAsync(slot, ContainerLabels.Worker, cancellation), Fleet.Always, cancellation);
    }

    public async Task StopWorkersAsync(string slot, CancellationToken cancellation)
    {
        var workers = await fleet.SlotAsync(slot, ContainerLabels.Worker, cancellation);
        await fleet.SetRestartPolicyAsync(workers, Fleet.Never, cancellation);
        await fleet.StopAsync(workers, cancellation);
        var remain = (await fleet.SlotAsync(slot, ContainerLabels.Worker, cancellation)).Where(w => w.State is "running" or "restarting").Select(w => w.Name).ToList();
        if (remain.Count > 0)
            throw TargetProblems.WorkersDidNotEnd(slot, string.Join(' ', remain));
    }

    /// <summary>What another release left in the slot makes room, unless it serves.</summary>
    private async Task ClearOthersAsync(SlotSpec wanted, CancellationToken cancellation)
    {
        var json = wanted.ToJson();
        var others = (await fleet.SlotAsync(wanted.Slot, null, cancellation)).Where(c => c.Label(ContainerLabels.Spec) != json).ToList();
        if (others.Count == 0)
            return;
        await EnsureIdleAsync(wanted.Slot, "replaced", cancellation);
        foreach (var other in others)
            await engine.RemoveAsync(other.Id, cancellation);
    }

    private async Task BringUpAsync(SlotSpec wanted, string role, Planned plan, CancellationToken cancellation)
    {
        var standing = await fleet.SlotAsync(wanted.Slot, role, cancellation);
        var missing = plan(wanted, "", ImmutableSortedDictionary<string, string>.Empty).Select(p => p.Name).Except(standing.Select(c => c.Name), StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        if (missing.Count > 0)
        {
            var image = await images.EnsureAsync(wanted.Image, wanted.Digest, cancellation);
            var env = await EnvironmentOfAsync(wanted, cancellation);
            foreach (var planned in plan(wanted, image, env).Where(p => missing.Contains(p.Name)))
                if (await engine.CreateAsync(planned.Name, planned.Make, cancellation) is null)
                    throw TargetProblems.NameIsTaken(planned.Name, await OwnerOfAsync(planned.Name, cancellation));
        }
        await EnsureRunningAsync(await fleet.SlotAsync(wanted.Slot, role, cancellation), cancellation);
    }

    /// <summary>Values of then where a container of this very release still stands, else those of the configuration now.</summary>
    private async Task<ImmutableSortedDictionary<string, string>> EnvironmentOfAsync(SlotSpec wanted, CancellationToken cancellation)
    {
        var json = wanted.ToJson();
        var sibling = (await fleet.SlotAsync(wanted.Slot, null, cancellation)).FirstOrDefault(c => c.Label(ContainerLabels.Spec) == json);
        if (sibling is not null && await engine.FindContainerAsync(sibling.Id, cancellation) is { } details)
            return ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal,
                (details.Config.Env ?? []).Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).Select(pair => KeyValuePair.Create(pair[0], pair[1])));
        var values = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (wanted.EnvFile is { } file)
            values.AddRange(await EnvFile.ReadAsync(context.BaseDirectory, file, cancellation));
        foreach (var name in wanted.Variables)
            values[name] = settings.Env.TryGetValue(name, out var value) ? value.Reveal() : throw TargetProblems.VariableIsGone(name, wanted.Version);
        return values.ToImmutable();
    }

    private async Task<string> OwnerOfAsync(string name, CancellationToken cancellation)
    {
        var labels = (await engine.FindContainerAsync(name, cancellation))?.Config.Labels;
        return labels?.GetValueOrDefault(ContainerLabels.Environment) is { } other
            ? $"service \"{labels.GetValueOrDefault(ContainerLabels.Service)}\" of environment \"{other}\""
            : "a container of somebody else";
    }
}
