using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Config;
using SafeDeploy.Integrations.DeployTargets.Docker.Engine;

namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>Somebody else's proxy, moved by programs. They are told the slot and the addresses of its instances.</summary>
public sealed class ExternalFront(
    DockerEngine engine, DockerSettings settings, FrontSettings.External front, Surroundings around, Fleet fleet, TargetCommands commands) : IFront
{
    public bool CanHold => front.Hold is not null && front.Release is not null;

    public Task<ImmutableArray<string>> MissingAsync(CancellationToken cancellation) => Task.FromResult<ImmutableArray<string>>([]);

    public Task PrepareAsync(string item, CancellationToken cancellation) => Task.CompletedTask;

    public Task LearnAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>The program prints <c>blue</c>, <c>green</c> or nothing, and <c>held</c> after it while traffic is held.</summary>
    public async Task<FrontMap?> ReadAsync(CancellationToken cancellation)
    {
        if (front.Current is not { } current)
            return null;
        var printed = await commands.ReadAsync("current", current, ImmutableDictionary<string, string>.Empty, cancellation);
        var words = printed.Split([' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        if (words.FirstOrDefault(w => w is not ("blue" or "green" or "held")) is { } other)
            throw TargetProblems.PrintedSomethingElse("current", $"\"{other}\" is neither blue, green nor held", current[0], printed);
        return new FrontMap(words.FirstOrDefault(w => w != "held"), words.Contains("held"));
    }

    public async Task SwitchAsync(string? toSlot, CancellationToken cancellation)
    {
        await commands.ChangeAsync("switch", front.Switch, await EnvironmentAsync(toSlot, cancellation), cancellation);
        if (front.Release is { } release)
            await commands.ChangeAsync("release", release, ImmutableDictionary<string, string>.Empty, cancellation);
    }

    public Task HoldAsync(CancellationToken cancellation) =>
        front.Hold is { } hold ? commands.ChangeAsync("hold", hold, ImmutableDictionary<string, string>.Empty, cancellation) : throw TargetProblems.HasNoFront("holds traffic");

    public Task DrainAsync(string slot, TimeSpan atMost, CancellationToken cancellation) => Task.CompletedTask;

    public Task<Uri> AddressAsync(CancellationToken cancellation) => throw TargetProblems.HasNoFront("can be asked");

    private async Task<ImmutableDictionary<string, string>> EnvironmentAsync(string? slot, CancellationToken cancellation)
    {
        var addresses = new List<string>();
        foreach (var container in slot is null ? [] : await fleet.SlotAsync(slot, ContainerLabels.Web, cancellation))
            if ((await engine.FindContainerAsync(container.Id, cancellation))?.AddressOn(around.Network) is { Length: > 0 } address)
                addresses.Add(string.Create(CultureInfo.InvariantCulture, $"{address}:{settings.Port}"));
        return ImmutableDictionary<string, string>.Empty
            .Add(TargetCommands.Slot, slot ?? "")
            .Add("SAFE_DEPLOY_INSTANCES", string.Join(' ', addresses));
    }
}
