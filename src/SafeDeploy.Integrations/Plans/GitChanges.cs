using System.Collections.Immutable;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Plans;

/// <summary>Which files differ from another commit: what a pull request changes, what is not committed yet included.</summary>
public sealed class GitChanges(ICommandRunner commands)
{
    // At any depth; the output that is kept of a program is bounded, and other files do not matter.
    private const string Sql = "*.sql";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <param name="folder">A folder inside the working copy.</param>
    /// <param name="reference">A branch, tag or commit; compared is its last common ancestor with what is checked out.</param>
    /// <returns>Full paths of what was added, changed or renamed. Fails with SD0470 where git cannot tell.</returns>
    public async Task<ImmutableHashSet<string>> SinceAsync(string folder, string reference, CancellationToken cancellation)
    {
        // What begins with a dash would be read as an option.
        if (reference.Length == 0 || reference[0] == '-')
            throw new ProblemException(PlanSourceProblems.NoSuchBase(reference, "it is no name of a commit"));
        var root = (await GitAsync(folder, reference, ["rev-parse", "--show-toplevel"], cancellation)).TrimEnd('\n', '\r');
        var ancestor = (await GitAsync(folder, reference, ["merge-base", reference, "HEAD"], cancellation)).Trim();
        var changed = await GitAsync(root, reference, ["diff", "--name-only", "-z", "--no-renames", "--diff-filter=d", ancestor, "--", Sql], cancellation);
        var untracked = await GitAsync(root, reference, ["ls-files", "-z", "--others", "--exclude-standard", "--", Sql], cancellation);
        // What is collected of a program ends with a line's end, which no name here begins with.
        return [.. $"{changed}\0{untracked}".Split('\0').Select(path => path.Trim('\n', '\r')).Where(path => path.Length > 0).Select(path => Path.GetFullPath(path, root))];
    }

    private async Task<string> GitAsync(string folder, string reference, string[] arguments, CancellationToken cancellation)
    {
        var call = new CommandCall(["git", "--no-optional-locks", .. arguments], ImmutableDictionary<string, string>.Empty.Add("LC_ALL", "C"), folder, Patience);
        var result = await commands.RunAsync(call, cancellation);
        return result is { ExitCode: 0, TimedOut: false } ? result.Output : throw new ProblemException(PlanSourceProblems.NoSuchBase(reference, result.Error.Trim()));
    }
}
