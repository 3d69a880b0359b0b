using System.Text;

namespace SafeDeploy.Integrations.Processes;

/// <summary>Keeps the end of a stream of lines: memory stays bounded however much a program prints.</summary>
internal sealed class OutputTail(int limit)
{
    private readonly StringBuilder _text = new();

    public void Add(string line)
    {
        lock (_text)
        {
            _text.Append(line).Append('\n');
            // Cut in halves, not at every line: removing from the front copies the rest.
            if (_text.Length > 2 * limit)
                _text.Remove(0, _text.Length - limit);
        }
    }

    public override string ToString()
    {
        lock (_text)
            return _text.Length <= limit ? _text.ToString() : _text.ToString(_text.Length - limit, limit);
    }
}
