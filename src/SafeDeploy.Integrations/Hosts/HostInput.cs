using System.Collections.Immutable;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>What an input means to the command line.</summary>
public enum InputKind
{
    /// <summary>Goes to the option as it is.</summary>
    Text,

    /// <summary><c>true</c> adds the option, anything else leaves it away.</summary>
    Flag,

    /// <summary>Several values, one a line.</summary>
    Lines,

    /// <summary>Read by the CI host itself: the verb never sees it.</summary>
    Host,
}

/// <summary>What the text of an input has to be.</summary>
public enum InputForm
{
    /// <summary>Anything, or one of the input's words.</summary>
    Any,

    /// <summary>As in <c>safe-deploy.yml</c>: <c>4m</c>.</summary>
    Duration,

    /// <summary>Digits.</summary>
    Number,
}

/// <summary>The CI hosts that the program knows.</summary>
[Flags]
public enum CiHosts
{
    None = 0,
    GitHub = 1,
    Azure = 2,
    GitLab = 4,
    Every = GitHub | Azure | GitLab,
}

/// <summary>One input of the steps on every CI host. Manifests, input tables and the command line are made from it.</summary>
/// <param name="Name">Lower-case words with hyphens; Azure writes it in camel case.</param>
/// <param name="Description">One sentence, for manifests and tables.</param>
/// <param name="Verbs">The steps that have it; empty = all.</param>
public sealed record HostInput(string Name, string Description, InputKind Kind, ImmutableArray<string> Verbs)
{
    public string Default { get; init; } = "";

    /// <summary>The words that are accepted; empty = any text.</summary>
    public ImmutableArray<string> Words { get; init; } = [];

    public InputForm Form { get; init; }

    /// <summary>The hosts that have it.</summary>
    public CiHosts On { get; init; } = CiHosts.Every;

    /// <summary>What only one host has to be told.</summary>
    public ImmutableArray<(CiHosts Host, string Sentence)> Notes { get; init; } = [];

    public string DescriptionOn(CiHosts host) => string.Join(' ', Notes.Where(n => n.Host == host).Select(n => n.Sentence).Prepend(Description));

    public string Option => $"--{Name}";

    public bool IsOf(string verb) => Verbs.IsEmpty || Verbs.Contains(verb);
}

/// <summary>One step that a CI host offers: a verb of the program.</summary>
/// <param name="HasHook">Its end is watched by the post step: something may have to go back.</param>
public sealed record HostVerb(string Name, string Title, string Description, bool HasHook);

/// <summary>One result that later steps of a job may read.</summary>
public sealed record HostOutput(string Name, string Description);
