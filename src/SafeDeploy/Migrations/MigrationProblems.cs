using System.Collections.Immutable;
using SafeDeploy.Migrations.Layouts;
using SafeDeploy.Problems;

namespace SafeDeploy.Migrations;

/// <summary>What can be wrong with a migration folder before any server is asked.</summary>
public static class MigrationProblems
{
    private const string NothingTouched = "nothing was touched";
    private const string Refusing = "refusing";

    private static readonly ProblemInfo UnreadableFolderInfo = new("SD0401", "migration folder not readable",
        "The folder named under migrations does not exist or one of its files cannot be read.",
        "Correct the path in safe-deploy.yml (it is relative to that file), or the file's permissions or encoding (UTF-8).");

    private static readonly ProblemInfo UnknownLayoutInfo = new("SD0402", "unknown migration layout",
        "The layout stated in the configuration is not one that can be read.", "State a layout that exists, or leave the key out to have it detected.");

    private static readonly ProblemInfo NoLayoutInfo = new("SD0403", "migration layout not recognised",
        "The folder holds SQL, but no file is named or marked as a known tool does it.", "Name the files as one of the layouts in docs/guides/migration-folders.md.");

    private static readonly ProblemInfo SeveralLayoutsInfo = new("SD0404", "migration folder of several layouts",
        "The folder holds files of more than one tool; which of them order the history is not decided by guessing.",
        "Keep one tool's files in the folder, or state the layout.");

    private static readonly ProblemInfo FileNotRunInfo = new("SD0405", "migration file that cannot be run",
        "The file belongs to the folder's tool, but it is of a kind that has no place in an ordered history of SQL.",
        "Change the file as the message says; files are never left out silently.");

    private static readonly ProblemInfo StrayFileInfo = new("SD0406", "SQL file that would never run",
        "An SQL file does not fit the folder's layout, so no version would ever run it.", "Rename it to fit, or move it out of the folder.");

    private static readonly ProblemInfo TwoOfOneVersionInfo = new("SD0407", "two migrations of one version",
        "Two files have the same version (001 and 1 are the same), usually after a merge of two branches.",
        "Give the newer one the next free version.");

    private static readonly ProblemInfo RollbackWithoutForwardInfo = new("SD0408", "rollback without its forward migration",
        "A rollback file or section has no forward migration of its version.", "Add the forward migration, or delete the rollback.");

    private static readonly ProblemInfo UnknownHeaderInfo = new("SD0409", "unknown word in a migration's header",
        "A safe-deploy header comment holds a word that is not known or stands where it is not read.", $"Use only {HeaderReader.Known}, above the first statement.");

    private static readonly ProblemInfo ChecksumChangedInfo = new("SD0410", "applied migration was edited",
        "The file of an applied migration differs from what was applied; schemas made from it now and then would differ.",
        "Restore the file as it was, and put the change into a new migration.");

    private static readonly ProblemInfo FileGoneInfo = new("SD0411", "file of an applied migration is gone",
        "The history holds a migration that the folder does not; usually an older commit is being deployed, or files were squashed.",
        "Deploy a commit that holds the file, or put the file back.");

    private static readonly ProblemInfo OutOfOrderInfo = new("SD0414", "migration older than what is applied",
        "A migration was added below the newest applied one, so schemas would receive the same changes in different order.",
        "Give it a version above the newest applied one.");

    private static readonly ProblemInfo NotAdoptedInfo = new("SD0416", "schema with tables but without history",
        "The schema was made by something else; migrating it from the first file would fail or destroy.",
        "Take the fleet over once with safe-deploy adopt.");

    public static ImmutableArray<ProblemInfo> All =>
    [
        UnreadableFolderInfo, UnknownLayoutInfo, NoLayoutInfo, SeveralLayoutsInfo, FileNotRunInfo, StrayFileInfo, TwoOfOneVersionInfo,
        RollbackWithoutForwardInfo, UnknownHeaderInfo, ChecksumChangedInfo, FileGoneInfo, OutOfOrderInfo, NotAdoptedInfo,
    ];

    public static Problem Unreadable(string path, string why) => UnreadableFolderInfo.Occurred(
        $"the migrations in \"{path}\" cannot be read: {why}", path, NothingTouched, Refusing,
        "correct migrations.*.path in safe-deploy.yml (relative to that file), or the file itself");

    public static Problem UnknownLayout(string folder, string stated) => UnknownLayoutInfo.Occurred(
        $"the layout \"{stated}\" is not known", folder, NothingTouched, Refusing,
        $"state one of {string.Join(", ", LayoutCatalogue.All.Select(layout => layout.Name))}, or leave layout out");

    public static Problem NoLayout(string folder, MigrationFile file) => NoLayoutInfo.Occurred(
        "no known tool names or marks its migrations like this", MigrationPaths.Below(folder, file.Path), NothingTouched, Refusing,
        $"name the files as one of: {string.Join("; ", LayoutCatalogue.All.Select(layout => $"{layout.Example} ({layout.Name})"))}");

    public static Problem SeveralLayouts(string folder, ImmutableArray<(IMigrationLayout Layout, MigrationFile Example)> found) =>
        SeveralLayoutsInfo.Occurred(
            $"the folder fits {found.Length} layouts: {string.Join(", ", found.Select(f => $"{f.Layout.Name} (\"{f.Example.Path}\")"))}",
            folder, NothingTouched, Refusing,
            $"keep one tool's files in the folder, or state one: layout: {found[0].Layout.Name}");

    public static Problem FileNotRun(string folder, MigrationFile file, IMigrationLayout layout, string why) => FileNotRunInfo.Occurred(
        $"the {layout.Name} file \"{file.Path}\" is not run: {why}", MigrationPaths.Below(folder, file.Path), NothingTouched, Refusing,
        "change the file as said, or move it out of the folder");

    public static Problem StrayFile(string folder, MigrationFile file, IMigrationLayout layout) => StrayFileInfo.Occurred(
        $"\"{file.Path}\" does not fit the folder's layout {layout.Name} and would never run",
        MigrationPaths.Below(folder, file.Path), NothingTouched, Refusing, $"name it like {layout.Example}, or move it out of {folder}");

    public static Problem TwoOfOneVersion(string folder, MigrationVersion version, ImmutableArray<string> paths) => TwoOfOneVersionInfo.Occurred(
        $"version {version} is there {paths.Length} times: {string.Join(", ", paths.Select(path => $"\"{path}\""))}",
        MigrationPaths.Below(folder, paths[0]), NothingTouched, Refusing, "give the newer one the next free version");

    public static Problem RollbackWithoutForward(string folder, MigrationFile file, MigrationVersion version) => RollbackWithoutForwardInfo.Occurred(
        $"version {version} has a rollback or settings but no forward migration", MigrationPaths.Below(folder, file.Path), NothingTouched,
        Refusing, "add the forward migration, or delete this file");

    public static Problem UnknownHeader(string folder, MigrationFile file, HeaderError error) => UnknownHeaderInfo.Occurred(
        $"\"{error.Word}\" in the header comment is not understood: {error.Why}", $"{MigrationPaths.Below(folder, file.Path)}:{error.Line}",
        NothingTouched, Refusing, $"use only {HeaderReader.Known}, in a -- safe-deploy: line above the first statement");

    public static Problem Deviates(MigrationSet set, HistoryDeviation deviation, ImmutableArray<Scope> scopes) => deviation switch
    {
        HistoryDeviation.ChecksumChanged changed => ChecksumChangedInfo.Occurred(
            $"migration {changed.Version} of {ScopeText.Of(scopes)} was edited after it was applied: {Short(changed.Recorded)} then, {Short(changed.File.Checksum)} now",
            changed.File.Forward.Path, NothingTouched, Refusing,
            $"restore the file (git log -- {changed.File.Forward.Path}) and write the change as a new migration"),
        HistoryDeviation.FileGone gone => FileGoneInfo.Occurred(
            $"migration {gone.Version} \"{gone.Name}\" is applied to {ScopeText.Of(scopes)}, but its file is gone",
            set.Folder, NothingTouched, Refusing,
            "deploy a commit that holds the file, or put it back; to undo it, use safe-deploy rollback, which keeps the script"),
        HistoryDeviation.OutOfOrder late => OutOfOrderInfo.Occurred(
            $"migration {late.Version} was added below {late.Newest}, which {ScopeText.Of(scopes)} already {(scopes.Length == 1 ? "has" : "have")}",
            late.File.Forward.Path, NothingTouched, Refusing, $"give it a version above {late.Newest}"),
        _ => throw new ArgumentOutOfRangeException(nameof(deviation), deviation, null),
    };

    public static Problem NotAdopted(MigrationSet set, string? tool, ImmutableArray<Scope> scopes)
    {
        var adopt = tool is not null ? $"safe-deploy adopt --from {tool}" : $"safe-deploy adopt --at {set.Migrations[^1].Version}";
        return NotAdoptedInfo.Occurred(
            $"{ScopeText.Of(scopes)} {(scopes.Length == 1 ? "holds" : "hold")} tables, but no history of safe-deploy{(tool is null ? "" : $"; {tool}'s is there")}",
            set.Folder, NothingTouched, Refusing,
            tool is not null ? $"run: {adopt}" : $"run: {adopt} (or the version {(scopes.Length == 1 ? "it is" : "they are")} really at; none = no migration of the folder)");
    }

    private static string Short(string checksum) => checksum.Length > 19 ? checksum[..19] : checksum;
}
