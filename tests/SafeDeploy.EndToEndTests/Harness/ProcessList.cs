namespace SafeDeploy.EndToEndTests.Harness;

/// <summary>Looks at the arguments of every process of the machine, again and again: everybody can read them.</summary>
public sealed class ProcessList : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly Task _looking;

    private ProcessList(string[] words) => _looking = Task.Run(() => Look(words));

    /// <summary>Command lines that held one of the words, and how often all of them were looked at.</summary>
    public (IReadOnlyCollection<string> Seen, int Looks) Found
    {
        get
        {
            lock (_seen)
                return ([.. _seen], _looks);
        }
    }

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private int _looks;

    public static ProcessList Watched(params string[] words) => new(words);

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _looking;
        _over.Dispose();
    }

    private void Look(string[] words)
    {
        while (!_over.IsCancellationRequested)
        {
            var found = Directory.EnumerateDirectories("/proc").Where(p => char.IsAsciiDigit(Path.GetFileName(p)[0])).Select(Arguments).Where(line => words.Any(w => line.Contains(w, StringComparison.Ordinal))).ToArray();
            lock (_seen)
            {
                _seen.UnionWith(found);
                _looks++;
            }

            _over.Token.WaitHandle.WaitOne(20);
        }
    }

    private static string Arguments(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
        }
        catch (Exception ended) when (ended is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
