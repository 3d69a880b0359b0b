using System.Text;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>The story of a step in the job's log: each stage a group; no text of the run can be read as a command of the host.</summary>
public abstract class HostLog(TextWriter output) : TextWriter
{
    private const string Stage = "▸ ";

    private readonly Lock _gate = new();
    private readonly StringBuilder _line = new();
    private bool _hasGroup;

    public override Encoding Encoding => Encoding.UTF8;

    protected TextWriter Output { get; } = output;

    /// <summary>The next line is one that the host is meant to read.</summary>
    protected abstract void BeforeCommand();

    /// <summary>One line of the run, written so that the host does not read it.</summary>
    protected abstract void Plain(string line);

    /// <summary>Opens a group that people fold.</summary>
    protected abstract string Group(string title);

    /// <summary>Closes the group that was opened last.</summary>
    protected abstract string EndGroup();

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

    /// <summary>Lines that the host is meant to read.</summary>
    public void Commands(IEnumerable<string> lines)
    {
        lock (_gate)
        {
            if (_line.Length > 0)
                Finish();
            BeforeCommand();
            foreach (var line in lines)
                Output.Write(line + "\n");
            Output.Flush();
        }
    }

    /// <summary>Closes the open group and lets commands through again.</summary>
    public void End()
    {
        lock (_gate)
        {
            CloseGroup();
            Commands([]);
        }
    }

    private void Finish()
    {
        var line = _line.ToString().TrimEnd('\r');
        _line.Clear();
        if (line.StartsWith(Stage, StringComparison.Ordinal))
        {
            CloseGroup();
            BeforeCommand();
            Output.Write(Group(line) + "\n");
            _hasGroup = true;
        }
        else
        {
            // A problem is read without opening anything.
            if (IsProblem(line))
                CloseGroup();
            Plain(line);
        }

        Output.Flush();
    }

    private static bool IsProblem(string line) =>
        line.Length > 6 && line.StartsWith("SD", StringComparison.Ordinal) && line.AsSpan(2, 4).IndexOfAnyExceptInRange('0', '9') < 0 && line[6] == ' ';

    private void CloseGroup()
    {
        if (!_hasGroup)
            return;
        BeforeCommand();
        Output.Write(EndGroup() + "\n");
        _hasGroup = false;
    }
}
