using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Yaml;

/// <summary>What can be wrong with the configuration as a file and as YAML, before any key is looked at.</summary>
public static class YamlProblems
{
    public static readonly ProblemInfo Missing = new(
        "SD0101", "The configuration file is missing",
        "There is no file at the path.", "Run from the project's folder, give --config PATH, or make one with `safe-deploy init`.");

    public static readonly ProblemInfo Unreadable = new(
        "SD0102", "The configuration file cannot be read",
        "The file is there, and this process may not read it or the disk fails.", "Give this user the right to read the file.");

    public static readonly ProblemInfo IsFolder = new(
        "SD0103", "The configuration path is a folder",
        "A file is expected, and a folder is there.", "Name the file in it.");

    public static readonly ProblemInfo NotText = new(
        "SD0104", "The configuration file is no text",
        "The bytes are not UTF-8 text: a binary file, or one saved as UTF-16 or Latin-1.", "Save the file as UTF-8.");

    public static readonly ProblemInfo Empty = new(
        "SD0105", "The configuration file is empty",
        "The file holds nothing but blanks and comments.", "Make one with `safe-deploy init`.");

    public static readonly ProblemInfo TooLarge = new(
        "SD0106", "The configuration file is too large",
        "No configuration needs a megabyte; a file of that size is the wrong file.", "Name the right file.");

    public static readonly ProblemInfo NotYaml = new(
        "SD0107", "The configuration file is no valid YAML",
        "The text breaks the rules of YAML at the place named.", "Correct the line; often a colon, a quote or a bracket is missing just above.");

    public static readonly ProblemInfo Tab = new(
        "SD0108", "A tab in the indentation",
        "YAML allows blanks only before a key.", "Replace the tab by blanks.");

    public static readonly ProblemInfo ManyDocuments = new(
        "SD0109", "More than one YAML document",
        "The file has a second document behind a line `---`; which one holds would be a guess.",
        "Keep one document; what differs by environment goes under `environments`.");

    public static readonly ProblemInfo TooDeep = new(
        "SD0110", "Nested too deeply, or expanded too far",
        "The file nests further, or its aliases expand to more, than any configuration does.", "Remove the nesting or the aliases.");

    public static readonly ProblemInfo BadKey = new(
        "SD0111", "A key that is no plain text",
        "A list or a mapping stands where a key is expected.", "Write a plain key: a word and a colon.");

    public static readonly ProblemInfo Tag = new(
        "SD0112", "A YAML tag",
        "Tags (`!name`) ask a reader to make objects; this one makes none.", "Remove the tag.");

    public static readonly ProblemInfo UnknownAlias = new(
        "SD0113", "An alias without its anchor",
        "The alias names an anchor that does not stand before it, or that it is itself part of.", "Correct the alias, or write the value out.");

    public static ImmutableArray<ProblemInfo> All { get; } =
        [Missing, Unreadable, IsFolder, NotText, Empty, TooLarge, NotYaml, Tab, ManyDocuments, TooDeep, BadKey, Tag, UnknownAlias];

    internal static ProblemException At(ProblemInfo info, SourceMark.InFile mark, string what, string next) =>
        new(InFile(info, mark.ToString(), what, next));

    internal static Problem InFile(ProblemInfo info, string where, string what, string next) =>
        info.Occurred(what, where, ConfigProblems.Untouched, ConfigProblems.Now, next);
}
