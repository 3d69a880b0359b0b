using System.Globalization;
using SafeDeploy.Ports;
using static SafeDeploy.Steps.Preflight.PreflightProblems;

namespace SafeDeploy.Steps.Preflight.Checks;

internal sealed class NoLongTransactions : IPreflightCheck
{
    private const int Named = 5;
    private static readonly TimeSpan TooLong = TimeSpan.FromMinutes(1);

    public string Name => "long transactions";

    public Task<IReadOnlyList<PreflightFinding>> CheckAsync(PreflightSubject subject, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<PreflightFinding>>([.. Findings(subject)]);

    private static IEnumerable<PreflightFinding> Findings(PreflightSubject subject)
    {
        var old = subject.Facts.LongTransactions.Where(t => t.Age >= TooLong).ToArray();
        if (!subject.Facts.SeesOtherSessions)
            yield return new PreflightFinding.Unknown(
                $"the user sees its own sessions only: grant pg_read_all_stats to \"{subject.Facts.User}\";");
        if (old.Length > 0)
            yield return new PreflightFinding.Refusal(Found(OldTransaction,
                $"{old.Length} transactions are open for over a minute, the oldest for {Age(old[0].Age)}",
                $"{string.Join("; ", old.Take(Named).Select(Place))}{(old.Length > Named ? $"; and {old.Length - Named} more" : "")}",
                old[0].Pid == 0 ? "rollback prepared '…'; as its owner" : $"wait until it ends, or: select pg_terminate_backend({old[0].Pid});",
                string.Join('\n', old.Take(Named).Where(t => t.Query.Length > 0).Select(t => $"pid {t.Pid}: {t.Query}"))));
        else if (subject.Facts.SeesOtherSessions)
            yield return new PreflightFinding.Good("none over a minute");
    }

    private static string Place(LongTransaction transaction) => transaction.Pid == 0
        ? $"{transaction.Application} of \"{transaction.User}\", {Age(transaction.Age)}"
        : $"pid {transaction.Pid}, \"{transaction.User}\"{(transaction.Application.Length == 0 ? "" : $", {transaction.Application}")}, {transaction.State} {Age(transaction.Age)}";

    private static string Age(TimeSpan age) => age.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalHours} h {age.Minutes} min")
        : age.TotalMinutes >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalMinutes} min")
            : string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalSeconds} s");
}
