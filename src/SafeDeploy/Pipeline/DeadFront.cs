using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>A front that died meanwhile is started again before traffic is moved, or judged, through it.</summary>
internal static class DeadFront
{
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(5);

    /// <summary>Does nothing where a front answers, whatever it answers, and where there is none. A failure is told; what needs the front will fail by itself.</summary>
    public static async Task RaiseAsync(IDeployTarget? target, StepName step, RunContext run)
    {
        // Without a release that served before, nobody knows that there was a front.
        if (target is null || run.History.Snapshot?.Serving is null)
            return;
        try
        {
            if ((await target.AskFrontAsync(HttpQuestion.Get("/", LongestAnswer), run.Force)).Status != 0)
                return;
            foreach (var item in await target.MissingAsync(run.Force))
            {
                // It may die more than once in a deployment: each time is a change of its own.
                var id = string.Create(CultureInfo.InvariantCulture, $"raise:{item}:{run.History.Entries.Length}");
                await run.ChangeAsync(step, id, new Change.PrepareTarget(item), new Undo.Nothing(), async cancellation =>
                {
                    await target.PrepareAsync(item, cancellation);
                    return item;
                });
                run.Story.Warning($"{item}: it was not there any more");
            }
        }
        catch (ProblemException failure)
        {
            run.Story.Detail($"the front: {failure.Problem.What}");
        }
    }
}
