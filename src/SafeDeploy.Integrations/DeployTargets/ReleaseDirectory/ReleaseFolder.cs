using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDeploy.Config;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.DeployTargets.ReleaseDirectory;

/// <summary>The folder on disk: releases, what is shared, the link, and a note for each of the two slots.</summary>
internal sealed class ReleaseFolder(ReleaseDirectorySettings settings)
{
    private const int BadKept = 3;

    public static readonly string[] Slots = ["blue", "green"];

    private string Releases => Path.Combine(settings.Path, "releases");

    private string Bad => Path.Combine(settings.Path, "bad");

    private string Notes => Path.Combine(settings.Path, ".safe-deploy");

    private string Link => Path.Combine(settings.Path, "current");

    private string Held => Path.Combine(Notes, "held");

    public string? Current => AtomicLink.NameOf(Link);

    public bool IsHeld => File.Exists(Held);

    public bool Has(string name) => Directory.Exists(Path.Combine(Releases, name));

    /// <summary>Unique for version and content, and safe as a folder's name whatever the version holds.</summary>
    public static string NameOf(Release release)
    {
        var version = string.Concat(release.Version.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '-')).TrimStart('.', '-');
        return $"{(version.Length > 60 ? version[..60] : version)}-{(release.Digest ?? "sha256:none")[7..].PadRight(12, '0')[..12].TrimEnd()}";
    }

    public SlotNote? Note(string slot)
    {
        var file = Path.Combine(Notes, $"{slot}.json");
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllText(file), SlotNoteJson.Default.SlotNote) : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            throw TargetProblems.CanNotUseFolder(file, failure.Message, failure);
        }
    }

    public void Write(string slot, SlotNote? note) => Try(Notes, () =>
    {
        var file = Path.Combine(Directory.CreateDirectory(Notes).FullName, $"{slot}.json");
        if (note is null)
        {
            File.Delete(file);
            return;
        }

        File.WriteAllText($"{file}.next", JsonSerializer.Serialize(note, SlotNoteJson.Default.SlotNote));
        File.Move($"{file}.next", file, overwrite: true);
    });

    public void SetHeld(bool held) => Try(Held, () =>
    {
        Directory.CreateDirectory(Notes);
        if (held)
            File.WriteAllText(Held, "");
        else
            File.Delete(Held);
    });

    /// <summary>The whole release under its name, or nothing: it is made beside and renamed.</summary>
    public async Task AddAsync(string name, Func<string, Task> fill)
    {
        if (Has(name))
            return;
        var next = Path.Combine(Releases, $".{name}.next");
        Try(next, () =>
        {
            Directory.CreateDirectory(Releases);
            if (Directory.Exists(next))
                Directory.Delete(next, recursive: true);
        });
        await fill(next);
        Try(next, () =>
        {
            foreach (var shared in settings.Shared)
                Share(next, shared);
            Directory.Move(next, Path.Combine(Releases, name));
        });
    }

    private void Share(string release, string path)
    {
        var kept = Path.GetFullPath(Path.Combine(settings.Path, "shared", path));
        var seen = Path.GetFullPath(Path.Combine(release, path));
        if (!kept.StartsWith(Path.Combine(settings.Path, "shared") + "/", StringComparison.Ordinal))
            throw TargetProblems.CanNotUseFolder(path, "it leaves the folder \"shared\"");
        if (!Path.Exists(kept))
            Directory.CreateDirectory(kept);
        if (Directory.Exists(seen) && new FileInfo(seen).LinkTarget is null)
            Directory.Delete(seen, recursive: true);
        File.Delete(seen);
        Directory.CreateDirectory(Path.GetDirectoryName(seen)!);
        Directory.CreateSymbolicLink(seen, kept);
    }

    /// <summary>Null removes the link: nobody serves.</summary>
    public void Point(string? name)
    {
        if (name is null)
            Try(Link, () => File.Delete(Link));
        else if (Has(name))
            AtomicLink.Point(Link, Path.Combine("releases", name));
        else
            throw TargetProblems.CanNotUseFolder(Path.Combine(Releases, name), "the release is not there any more");
    }

    /// <summary>Out of the releases, kept for whoever looks for the cause.</summary>
    public void SetAside(string name) => Try(Bad, () =>
    {
        var from = Path.Combine(Releases, name);
        if (!Directory.Exists(from))
            return;
        Directory.CreateDirectory(Bad);
        var to = Path.Combine(Bad, name);
        if (Directory.Exists(to))
            Directory.Delete(to, recursive: true);
        Directory.Move(from, to);
        Prune(Bad, BadKept, []);
    });

    /// <summary>The oldest beyond what is kept go; never one that a slot or the link names.</summary>
    public void PruneReleases() => Try(Releases, () =>
        Prune(Releases, settings.Keep, [.. Slots.Select(Note).OfType<SlotNote>().Select(note => note.Name).Append(Current ?? "")]));

    private static void Prune(string folder, int keep, HashSet<string> needed)
    {
        foreach (var old in new DirectoryInfo(folder).EnumerateDirectories().Where(d => !needed.Contains(d.Name) && !d.Name.StartsWith('.')).OrderByDescending(d => d.LastWriteTimeUtc).Skip(keep).ToArray())
            old.Delete(recursive: true);
    }

    private static void Try(string path, Action act)
    {
        try
        {
            act();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TargetProblems.CanNotUseFolder(path, failure.Message, failure);
        }
    }
}

/// <summary>What stands in a slot.</summary>
/// <param name="Name">Of its folder below <c>releases/</c>.</param>
/// <param name="Retired">It served, and its successor was committed: kept when the slot is needed again.</param>
internal sealed record SlotNote(string Name, string Version, string? Image, string? Digest, string Deployment, bool Retired);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SlotNote))]
internal sealed partial class SlotNoteJson : JsonSerializerContext;
