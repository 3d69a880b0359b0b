using System.Collections.Immutable;
using System.Text.Json;
using SafeDeploy.Config;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.DeployTargets.ReleaseDirectory;

/// <summary>A folder for each release, a link to the one that serves, and a service that is reloaded after the link was switched.</summary>
public sealed class ReleaseDirectoryTarget : IDeployTarget
{
    private readonly ReleaseDirectorySettings _settings;
    private readonly TargetContext _context;
    private readonly TargetCommands _commands;
    private readonly HttpAsker _asker;
    private readonly ReleaseFolder _folder;

    public ReleaseDirectoryTarget(ReleaseDirectorySettings settings, TargetContext context)
    {
        (_settings, _context) = (settings, context);
        _commands = new TargetCommands(context, settings.Within);
        _asker = new HttpAsker(context.Time);
        _folder = new ReleaseFolder(settings);
    }

    public string Kind => "release-directory";

    public bool CanHold => _settings.Hold is not null && _settings.Release is not null;

    /// <summary>One service reads the link: a release can be asked only once it serves.</summary>
    public bool StartsBeside => false;

    public void GuardWith(ILedgerHold hold) => _commands.BeforeChange = hold.EnsureHeldAsync;

    public async Task<ResolvedImage> ResolveAsync(string reference, CancellationToken cancellation) =>
        new(reference, await ReleaseArtifact.DigestAsync(FullPath(reference), reference, cancellation), reference, null);

    public Task<TargetState> StateAsync(CancellationToken cancellation)
    {
        var current = _folder.Current;
        var slots = ReleaseFolder.Slots.Select(slot => (slot, Note: _folder.Note(slot))).Where(s => s.Note is not null && _folder.Has(s.Note.Name)).ToList();
        // A release that another tool linked stands in the first slot that is free.
        if (current is not null && _folder.Has(current) && slots.All(s => s.Note!.Name != current))
            slots.Insert(0, (ReleaseFolder.Slots.First(slot => slots.All(s => s.slot != slot) || slot == "green"), new SlotNote(current, current, null, null, "", true)));
        var serving = slots.FirstOrDefault(s => s.Note!.Name == current).slot;
        return Task.FromResult(new TargetState(serving, _folder.IsHeld, [.. slots.DistinctBy(s => s.slot).Select(s => StateOf(s.slot, s.Note!))]));
    }

    public Task<ImmutableArray<string>> MissingAsync(CancellationToken cancellation) => Task.FromResult<ImmutableArray<string>>([]);

    public Task PrepareAsync(string item, CancellationToken cancellation) => Task.CompletedTask;

    public string SpecOf(Release release, string slot, DeploymentId deployment) => Spec(Note(release, deployment.Value));

    public async Task StartAsync(Release release, string slot, string spec, CancellationToken cancellation)
    {
        var note = Read(spec);
        var state = await StateAsync(cancellation);
        if (state.Serving == slot && _folder.Current != note.Name)
            throw TargetProblems.SlotIsServing(slot, "replaced");
        await _commands.BeforeChange(cancellation);
        await _folder.AddAsync(note.Name, into => UnpackAsync(note, into, cancellation));
        _folder.Write(slot, note);
    }

    private async Task UnpackAsync(SlotNote note, string into, CancellationToken cancellation)
    {
        var reference = note.Image ?? throw TargetProblems.NoArtifact("", "deploy.image is not written");
        if (await ReleaseArtifact.DigestAsync(FullPath(reference), reference, cancellation) != note.Digest)
            throw TargetProblems.NoArtifact(reference, "its content is not that of the plan");
        await ReleaseArtifact.UnpackAsync(FullPath(reference), reference, into, cancellation);
    }

    public async Task<ImmutableArray<InstanceState>> InstancesAsync(string slot, CancellationToken cancellation) =>
        (await StateAsync(cancellation)).Serving == slot ? [new InstanceState("service", "service", "running", null, 0, false, "")] : [];

    public Task<HttpAnswer> AskInstanceAsync(string slot, string instance, HttpQuestion question, CancellationToken cancellation) => AskFrontAsync(question, cancellation);

    public Task<HttpAnswer> AskFrontAsync(HttpQuestion question, CancellationToken cancellation) => _asker.AskAsync(_settings.Address, question, cancellation);

    public async Task SwitchAsync(string? toSlot, CancellationToken cancellation)
    {
        var to = toSlot is null ? null : (await StateAsync(cancellation)).Slot(toSlot) is { } slot ? Read(slot.Spec) : throw TargetProblems.NobodyServes(toSlot, "no release stands there", "");
        var from = _folder.Current;
        await _commands.BeforeChange(cancellation);
        _folder.Point(to?.Name);
        try
        {
            await _commands.ChangeAsync("reload", _settings.Reload, Named(toSlot, to), cancellation);
        }
        catch (ProblemException) when (from is not null && _folder.Has(from))
        {
            // The service that did not reload still runs the former files; the link says so again.
            _folder.Point(from);
            throw;
        }

        if (_settings.Release is { } release && _folder.IsHeld)
            await _commands.ChangeAsync("release", release, Named(toSlot, to), cancellation);
        _folder.SetHeld(false);
    }

    public async Task HoldAsync(CancellationToken cancellation)
    {
        await _commands.ChangeAsync("hold", _settings.Hold ?? throw TargetProblems.HasNoFront("holds traffic"), Named(null, null), cancellation);
        _folder.SetHeld(true);
    }

    public Task StopWorkersAsync(string slot, CancellationToken cancellation) => _settings.StopWorkers is { } stop
        ? _commands.ChangeAsync("stop-workers", stop, Named(slot, _folder.Note(slot)), cancellation)
        : Task.CompletedTask;

    public Task StartWorkersAsync(string slot, Release release, string spec, CancellationToken cancellation) => _settings.StartWorkers is { } start
        ? _commands.ChangeAsync("start-workers", start, Named(slot, Read(spec)), cancellation)
        : Task.CompletedTask;

    public async Task<string> RemoveAsync(string slot, CancellationToken cancellation)
    {
        var state = await StateAsync(cancellation);
        if (state.Serving == slot)
            throw TargetProblems.SlotIsServing(slot, "removed");
        if (_folder.Note(slot) is not { } note)
            return "";
        await _commands.BeforeChange(cancellation);
        _folder.Write(slot, null);
        // A release that served well before stays among the releases; one that did not prove itself is set aside.
        if (note.Retired || state.Slots.Any(other => other.Slot != slot && Read(other.Spec).Name == note.Name))
            return "";
        _folder.SetAside(note.Name);
        return $"its files are kept in {Path.Combine(_settings.Path, "bad", note.Name)}";
    }

    public async Task RetireAsync(string slot, CancellationToken cancellation)
    {
        await _commands.BeforeChange(cancellation);
        if (_folder.Note(slot) is { } note)
            _folder.Write(slot, note with { Retired = true });
        _folder.PruneReleases();
    }

    public ValueTask DisposeAsync()
    {
        _asker.Dispose();
        return ValueTask.CompletedTask;
    }

    private string FullPath(string reference) => Path.GetFullPath(reference, _context.BaseDirectory);

    private static SlotNote Note(Release release, string deployment) =>
        new(ReleaseFolder.NameOf(release), release.Version, release.Image, release.Digest, deployment, false);

    // One service runs whichever the link names: what stands there can serve at once.
    private static SlotState StateOf(string slot, SlotNote note) =>
        new(slot, note.Version, note.Image, note.Digest, note.Deployment.Length == 0 ? null : note.Deployment, 1, 0, Spec(note));

    private static string Spec(SlotNote note) => JsonSerializer.Serialize(note, SlotNoteJson.Default.SlotNote);

    private static SlotNote Read(string spec)
    {
        try
        {
            return JsonSerializer.Deserialize(spec, SlotNoteJson.Default.SlotNote) ?? throw TargetProblems.SpecCanNotBeRead("it is null");
        }
        catch (JsonException failure)
        {
            throw TargetProblems.SpecCanNotBeRead(failure.Message);
        }
    }

    private static ImmutableDictionary<string, string> Named(string? slot, SlotNote? note) => ImmutableDictionary.CreateRange(StringComparer.Ordinal,
    [
        KeyValuePair.Create(TargetCommands.Slot, slot ?? ""),
        KeyValuePair.Create(TargetCommands.Version, note?.Version ?? ""),
        KeyValuePair.Create(TargetCommands.Image, note?.Image ?? ""),
        KeyValuePair.Create(TargetCommands.Digest, note?.Digest ?? ""),
        KeyValuePair.Create(TargetCommands.Deployment, note?.Deployment ?? ""),
    ]);
}
