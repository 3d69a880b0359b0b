using System.Collections.Immutable;
using System.Text.Json;
using SafeDeploy.Config;
using SafeDeploy.Ports;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.DeployTargets.ShellCommand;

/// <summary>A target made of the user's own programs: we decide when, they do it, their <c>current</c> is the truth.</summary>
public sealed class CommandTarget : IDeployTarget
{
    private const int DigestLength = 71;

    private readonly CommandTargetSettings settings;
    private readonly TargetCommands commands;
    private readonly HttpAsker asker;

    public CommandTarget(CommandTargetSettings settings, TargetContext context)
    {
        this.settings = settings;
        commands = new TargetCommands(context, settings.Within);
        asker = new HttpAsker(context.Time);
    }

    public string Kind => "command";

    public bool CanHold => settings.Hold is not null && settings.Release is not null;

    public void GuardWith(ILedgerHold hold) => commands.BeforeChange = hold.EnsureHeldAsync;

    public async Task<ResolvedImage> ResolveAsync(string reference, CancellationToken cancellation)
    {
        if (settings.Resolve is not { } resolve)
            return new ResolvedImage(reference, null, reference, null);
        var printed = await commands.ReadAsync("resolve", resolve, Named((TargetCommands.Image, reference)), cancellation);
        var lines = printed.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines is [{ Length: DigestLength } digest, ..] && digest.StartsWith("sha256:", StringComparison.Ordinal)
            ? new ResolvedImage(reference, digest, lines.Length > 1 ? lines[1] : reference, null)
            : throw TargetProblems.PrintedSomethingElse("resolve", "the first line is not sha256: and 64 digits", resolve[0], printed);
    }

    public async Task<TargetState> StateAsync(CancellationToken cancellation)
    {
        var current = await CurrentAsync(cancellation);
        return new TargetState(current.Serving, current.Held, [.. current.Slots.Select(SlotOf)]);
    }

    public Task<ImmutableArray<string>> MissingAsync(CancellationToken cancellation) => Task.FromResult<ImmutableArray<string>>([]);

    public Task PrepareAsync(string item, CancellationToken cancellation) => Task.CompletedTask;

    public string SpecOf(Release release, string slot, DeploymentId deployment) =>
        Json(new CommandSpec(slot, release.Version, release.Image, release.Digest, deployment.Value));

    public async Task StartAsync(Release release, string slot, string spec, CancellationToken cancellation)
    {
        var environment = EnvironmentOf(slot, spec);
        var current = await CurrentAsync(cancellation);
        if (current.Serving == slot && current.Slot(slot) is { } serving && serving.Version != environment[TargetCommands.Version])
            throw TargetProblems.SlotIsServing(slot, "replaced");
        await commands.ChangeAsync("start", settings.Start, environment, cancellation);
        if (settings.Ready is { } ready)
            await commands.ReadAsync("ready", ready, environment, cancellation);
    }

    public async Task<ImmutableArray<InstanceState>> InstancesAsync(string slot, CancellationToken cancellation) =>
        [.. ((await CurrentAsync(cancellation)).Slot(slot)?.Instances ?? [])
            .Select(i => new InstanceState(i.Name, i.Name, i.Phase, i.ExitCode, i.Restarts, false, i.Phase == "running" ? "" : i.Log ?? ""))];

    public async Task<HttpAnswer> AskInstanceAsync(string slot, string instance, HttpQuestion question, CancellationToken cancellation)
    {
        var found = (await CurrentAsync(cancellation)).Slot(slot)?.Instances?.FirstOrDefault(i => i.Name == instance)
            ?? throw TargetProblems.InstanceIsUnknown(instance, slot, "\"current\" does not list it");
        return await asker.AskAsync(found.Address, question, cancellation);
    }

    public async Task<HttpAnswer> AskFrontAsync(HttpQuestion question, CancellationToken cancellation) =>
        await asker.AskAsync((await CurrentAsync(cancellation)).Front ?? throw TargetProblems.HasNoFront("can be asked (\"current\" prints no front)"), question, cancellation);

    public async Task SwitchAsync(string? toSlot, CancellationToken cancellation)
    {
        await commands.ChangeAsync("switch", settings.Switch, Named((TargetCommands.Slot, toSlot ?? "")), cancellation);
        if (settings.Release is { } release && (await CurrentAsync(cancellation)).Held)
            await commands.ChangeAsync("release", release, Named(), cancellation);
        var now = await CurrentAsync(cancellation);
        if (now.Serving != toSlot || now.Held)
            throw TargetProblems.NobodyServes(toSlot ?? "nobody", $"\"switch\" exited 0, and \"current\" says that {now.Serving ?? "nobody"} serves{(now.Held ? " and traffic is held" : "")}", "");
    }

    public Task HoldAsync(CancellationToken cancellation) =>
        settings.Hold is { } hold ? commands.ChangeAsync("hold", hold, Named(), cancellation) : throw TargetProblems.HasNoFront("holds traffic");

    public async Task StopWorkersAsync(string slot, CancellationToken cancellation)
    {
        if (settings.StopWorkers is { } stop)
            await commands.ChangeAsync("stop-workers", stop, Named((TargetCommands.Slot, slot)), cancellation);
    }

    public async Task StartWorkersAsync(string slot, Release release, string spec, CancellationToken cancellation)
    {
        if (settings.StartWorkers is { } start)
            await commands.ChangeAsync("start-workers", start, EnvironmentOf(slot, spec), cancellation);
    }

    public async Task<string> RemoveAsync(string slot, CancellationToken cancellation)
    {
        var current = await CurrentAsync(cancellation);
        if (current.Serving == slot)
            throw TargetProblems.SlotIsServing(slot, "stopped");
        if (current.Slot(slot) is not { } left)
            return "";
        await commands.ChangeAsync("stop", settings.Stop, Named((TargetCommands.Slot, slot)), cancellation);
        return string.Join('\n', (left.Instances ?? []).Select(i => $"== {i.Name}: {i.Phase}{(i.ExitCode is { } code ? FormattableString.Invariant($", exit code {code}") : "")}\n{i.Log?.TrimEnd()}".TrimEnd()));
    }

    public Task RetireAsync(string slot, CancellationToken cancellation) => RemoveAsync(slot, cancellation);

    public ValueTask DisposeAsync()
    {
        asker.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<CurrentOutput> CurrentAsync(CancellationToken cancellation) =>
        CurrentOutput.Parse(await commands.ReadAsync("current", settings.Current, Named(), cancellation), settings.Current[0]);

    private static SlotState SlotOf(CurrentSlot slot) => new(
        slot.Slot, slot.Version, slot.Image, slot.Digest is "" ? null : slot.Digest, slot.Deployment, (slot.Instances ?? []).Count(i => i.Phase == "running"), slot.Workers,
        slot.Spec is { Length: > 0 } spec ? spec : Json(new CommandSpec(slot.Slot, slot.Version, slot.Image, slot.Digest, slot.Deployment ?? "")));

    private static ImmutableDictionary<string, string> EnvironmentOf(string slot, string spec)
    {
        CommandSpec facts;
        try
        {
            facts = JsonSerializer.Deserialize(spec, CommandSpecJson.Default.CommandSpec) ?? throw TargetProblems.SpecCanNotBeRead("it is null");
        }
        catch (JsonException failure)
        {
            throw TargetProblems.SpecCanNotBeRead(failure.Message);
        }
        return Named(
            (TargetCommands.Slot, slot), (TargetCommands.Version, facts.Version), (TargetCommands.Image, facts.Image ?? ""),
            (TargetCommands.Digest, facts.Digest ?? ""), (TargetCommands.Deployment, facts.Deployment), (TargetCommands.Spec, spec));
    }

    private static string Json(CommandSpec spec) => JsonSerializer.Serialize(spec, CommandSpecJson.Default.CommandSpec);

    private static ImmutableDictionary<string, string> Named(params ReadOnlySpan<(string Name, string Value)> variables)
    {
        var all = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in variables)
            all[name] = value;
        return all.ToImmutable();
    }
}
