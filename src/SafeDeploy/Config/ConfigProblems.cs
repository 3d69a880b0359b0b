using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Config;

/// <summary>What can be wrong with what <c>safe-deploy.yml</c> says. No text ever holds a secret's value.</summary>
public static class ConfigProblems
{
    /// <summary>True of every problem of the configuration: it is read before anything is opened.</summary>
    public const string Untouched = "database, containers and traffic; nothing was opened yet";

    public const string Now = "stopping before the first step";

    public static readonly ProblemInfo DuplicateKey = new(
        "SD0121", "A key stands twice",
        "Two values for one key: which one holds would be a guess.", "Remove one of the two lines.");

    public static readonly ProblemInfo UnknownKey = new(
        "SD0122", "Unknown key",
        "The key is not one of those known at this place. It is refused because a misspelt key would be ignored silently.",
        "Correct or remove the key; docs/config.md lists all of them.");

    public static readonly ProblemInfo WrongShape = new(
        "SD0123", "A value of the wrong kind",
        "A list, a mapping or a single value stands where another kind is expected.", "Write the value in the form that the message shows.");

    public static readonly ProblemInfo BadValue = new(
        "SD0124", "A value that is not accepted",
        "The value is not one of those accepted, is out of range, or has no unit.", "Write a value that the message lists as accepted.");

    public static readonly ProblemInfo MissingKey = new(
        "SD0125", "A required key is missing",
        "The key has no default, since no guess would be safe.", "Add the key.");

    public static readonly ProblemInfo MissingVariable = new(
        "SD0126", "An environment variable is missing or empty",
        "The file refers to a variable that this process does not have. CI platforms hand over an unset secret as empty text, so empty counts as missing.",
        "Set the variable, or write ${NAME:-default} where a default is right.");

    public static readonly ProblemInfo BadReference = new(
        "SD0127", "A malformed ${…} reference",
        "Only ${NAME} and ${NAME:-default} are known; $${ stands for a literal ${.", "Correct the reference.");

    public static readonly ProblemInfo KeysExclude = new(
        "SD0128", "Keys that exclude each other",
        "Two of the keys say the same thing in two ways; which one holds would be a guess.",
        "Keep one of them. In an environment, write `key: null` to take away the one it inherits.");

    public static readonly ProblemInfo NoneOfKeys = new(
        "SD0129", "None of the needed keys is there",
        "One of several keys must be there.", "Add one of the keys that the message names.");

    public static readonly ProblemInfo KeyMisplaced = new(
        "SD0130", "A key that belongs to another choice",
        "The key has a meaning only beside another value of a neighbouring key. It is refused because it would be ignored silently.",
        "Remove the key, or change the neighbouring value.");

    public static readonly ProblemInfo UnknownEnvironment = new(
        "SD0131", "Unknown environment",
        "The environment asked for is not one of those under `environments`.", "Ask for one of the known environments, or add it.");

    public static readonly ProblemInfo NotInThisVersion = new(
        "SD0132", "Not in this version",
        "The key or value is part of the format, and what it asks for is not built yet. It is refused because ignoring it could be an incident.",
        "Remove it, or use a version that has it.");

    public static readonly ProblemInfo Inconsistent = new(
        "SD0133", "Values that contradict each other",
        "Each value is accepted by itself, and together they cannot hold.", "Change one of the two.");

    public static ImmutableArray<ProblemInfo> All { get; } =
    [
        DuplicateKey, UnknownKey, WrongShape, BadValue, MissingKey, MissingVariable, BadReference, KeysExclude, NoneOfKeys,
        KeyMisplaced, UnknownEnvironment, NotInThisVersion, Inconsistent,
    ];
}

/// <summary>A key and where it is written.</summary>
/// <param name="Path">Dotted, with list positions from 0, e.g. <c>health.gates[0].name</c>; empty = the file itself.</param>
internal sealed record Place(SourceMark Mark, string Path)
{
    public override string ToString() => Path.Length == 0 ? $"{Mark}" : $"{Mark}   {Shown.Bare(Path)}";

    /// <summary>The place of a key below this one.</summary>
    public Place Below(string key, SourceMark mark) => new(mark, Path.Length == 0 ? key : $"{Path}.{key}");

    public Place Item(int index, SourceMark mark) =>
        new(mark, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Path}[{index}]"));
}
