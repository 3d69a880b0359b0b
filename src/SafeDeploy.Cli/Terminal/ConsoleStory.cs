using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Terminal;

/// <summary>Tells the run on stderr, line by line; every text passes the redactor.</summary>
/// <param name="progress">Told as often as a line of progress is printed.</param>
public sealed class ConsoleStory(TextWriter error, bool interactive, Redactor redactor, TimeProvider clock, Action<string, int, int>? progress = null) : IStory
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private long _lastProgress;
    private bool _barIsOpen;

    public void Stage(StepName step, string sentence) => Line($"▸ {step.Text()}: {sentence}");

    public void Detail(string line) => Line($"  {line}");

    public void Warning(string line) => Line($"  ! {line}");

    public void Problem(Problems.Problem problem) => Problem(ProblemNote.Of(problem));

    public void Problem(ProblemNote problem)
    {
        lock (_gate)
        {
            CloseBar();
            error.Write(redactor.Clean(ProblemText.Render(problem)));
        }
    }

    public void Progress(string what, int done, int total, TimeSpan elapsed)
    {
        lock (_gate)
        {
            var isLast = done >= total;
            if (!isLast && _lastProgress != 0 && clock.GetElapsedTime(_lastProgress) < (interactive ? TimeSpan.FromMilliseconds(100) : Interval))
                return;
            _lastProgress = clock.GetTimestamp();
            var text = redactor.Clean($"  {what} {done}/{total}{Eta(done, total, elapsed)}");
            if (!interactive)
            {
                error.WriteLine(text);
                progress?.Invoke(redactor.Clean(what), done, total);
                return;
            }

            error.Write($"\r{text.PadRight(70)}");
            _barIsOpen = true;
            if (isLast)
                CloseBar();
        }
    }

    private void Line(string text)
    {
        lock (_gate)
        {
            CloseBar();
            error.WriteLine(redactor.Clean(text));
        }
    }

    private void CloseBar()
    {
        if (_barIsOpen)
            error.WriteLine();
        _barIsOpen = false;
    }

    private static string Eta(int done, int total, TimeSpan elapsed) => done == 0 || done >= total
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $", about {elapsed.TotalSeconds / done * (total - done):0} s left");
}
