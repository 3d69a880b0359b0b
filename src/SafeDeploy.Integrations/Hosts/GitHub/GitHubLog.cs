using System.Text;

namespace SafeDeploy.Integrations.Hosts.GitHub;

/// <summary>The story of a step in the job's log: each stage a group; no text of the run can be read as a command.</summary>
/// <remarks>Commands are stopped by a token that nobody knows, and heard only for the lines that this class writes itself.</remarks>
/// <param name="token">New for every process; masked by the runner.</param>
public sealed class GitHubLog(TextWriter output, string token) : TextWriter
{
    private const string Stage = "▸ ";

    private readonly Lock _gate = new();
    private readonly StringBuilder _line = new();
    private bool _isStopped;
    private bool _hasGroup;

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value)
    {
        lock (_gate)
        {
            if (value != '\n')
            {
                _line.Append(value);
                return;
            }

            Finish();
        }
    }

    public override void Write(string? value)
    {
        lock (_gate)
        {
            foreach (var one in value ?? "")
                Write(one);
        }
    }

    public override void WriteLine(string? value) => Write($"{value}\n");

    /// <summary>Lines that the runner is meant to read.</summary>
    public void Commands(IEnumerable<string> lines)
    {
        lock (_gate)
        {
            if (_line.Length > 0)
                Finish();
            Resume();
            foreach (var line in lines)
                output.Write(line + "\n");
            output.Flush();
        }
    }

    /// <summary>Closes the open group and lets commands through again.</summary>
    public void End()
    {
        CloseGroup();
        Commands([]);
    }

    private void Finish()
    {
        var line = _line.ToString().TrimEnd('\r');
        _line.Clear();
        if (line.StartsWith(Stage, StringComparison.Ordinal))
        {
            CloseGroup();
            Resume();
            output.Write(GitHubCommands.Group(line) + "\n");
            _hasGroup = true;
        }
        else
        {
            // A problem is read without opening anything.
            if (IsProblem(line))
                CloseGroup();
            StopCommands();
            output.Write(line + "\n");
        }

        output.Flush();
    }

    private static bool IsProblem(string line) =>
        line.Length > 6 && line.StartsWith("SD", StringComparison.Ordinal) && line.AsSpan(2, 4).IndexOfAnyExceptInRange('0', '9') < 0 && line[6] == ' ';

    private void CloseGroup()
    {
        if (!_hasGroup)
            return;
        Resume();
        output.Write(GitHubCommands.EndGroup + "\n");
        _hasGroup = false;
    }

    private void StopCommands()
    {
        if (!_isStopped)
            output.Write(GitHubCommands.StopCommands(token) + "\n");
        _isStopped = true;
    }

    private void Resume()
    {
        if (_isStopped)
            output.Write(GitHubCommands.ResumeCommands(token) + "\n");
        _isStopped = false;
    }
}
