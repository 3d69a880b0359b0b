using System.Collections.Immutable;
using SafeDeploy.Reporting;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>A CI host as one step of it meets it: what the step is given, and how it is shown. Never decides how the step ends.</summary>
public interface IHostPlatform : IDisposable
{
    /// <summary>Every input of the model by its name, and <c>step</c>; empty where the host gave none.</summary>
    ImmutableDictionary<string, string> Inputs { get; }

    /// <summary>How people of this host write an input.</summary>
    InputWords Words { get; }

    /// <summary>What is wrong with the inputs as the host gave them, beyond what the model knows of each.</summary>
    IEnumerable<WrongInput> Wrong { get; }

    /// <summary>How the job stands, in the host's own word; read by the post step.</summary>
    string JobStatus { get; }

    /// <summary>False in a post step whose main step never ran: there is nothing to look after.</summary>
    bool MainRan { get; }

    /// <summary>Folder of the checkout, absolute; empty where there is none.</summary>
    string Workspace { get; }

    HostLog Log { get; }

    /// <summary>Tokens that the host handed over; masked and redacted like the configuration's secrets.</summary>
    ImmutableArray<string> Secrets { get; }

    /// <summary>Most characters of a plan's verdict in a comment; marker and link come on top.</summary>
    int MarkdownLimit { get; }

    /// <summary>What is wrong with a database at this loopback host as a step of this CI sees it; null when nothing is.</summary>
    string? LoopbackHint(string host);

    /// <summary>How people of this host get the programs that a step needs and that are not there; null where the image always has them.</summary>
    string? ToolsHint(ImmutableArray<string> missing) => null;

    /// <summary>Keeps a value for the post step of the same step.</summary>
    void Record(string name, string value);

    /// <summary>What the main step kept; null in a main step, and when it kept nothing.</summary>
    string? Recorded(string name);

    /// <summary>From now on the host's own log shows none of these.</summary>
    void Mask(IEnumerable<string> secrets);

    /// <summary>Remarks at the job or at lines; free of secrets.</summary>
    void Annotate(IEnumerable<HostAnnotation> annotations);

    /// <summary>A result that later steps may read; free of secrets.</summary>
    void Output(string name, string value);

    /// <summary>How far the work of a stage is, for hosts that show it.</summary>
    void Progress(string what, int done, int total)
    {
    }

    /// <summary>A file that this step leaves for people; absolute.</summary>
    void Keep(string path)
    {
    }

    /// <summary>What people see of a plan or an outcome at the job, where the inputs ask for it.</summary>
    /// <param name="title">The step in the reader's words.</param>
    void Summarise(string title, StepResult result, Redactor redactor);

    /// <summary>From the repository's root, what the pull request adds or changes; a renamed file under its new name, no deleted one.</summary>
    /// <returns>Null outside pull requests, and where the host does not tell, or not everything: the log then says why, and nothing fails.</returns>
    Task<IReadOnlySet<string>?> ChangedAsync(Redactor redactor, CancellationToken cancellation);

    /// <summary>Everything that is said over the host's REST interface. What is refused is named in the log and fails nothing.</summary>
    Task TellAsync(StepResult result, Redactor redactor, CancellationToken cancellation);
}
