namespace SafeDeploy.Runs;

/// <summary>Where the run is told as it happens (stderr, one line each). Every text passes the redactor behind it.</summary>
public interface IStory
{
    /// <summary>A stage begins; <paramref name="sentence"/> is what the user sees.</summary>
    void Stage(StepName step, string sentence);

    /// <summary>One line of detail under the stage.</summary>
    void Detail(string line);

    /// <summary>Something a person should look at though the run goes on.</summary>
    void Warning(string line);

    /// <summary>n of m done; rendered as a bar on a terminal, as a line an interval in CI logs.</summary>
    void Progress(string what, int done, int total, TimeSpan elapsed);
}
