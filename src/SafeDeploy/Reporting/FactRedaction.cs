using System.Collections.Immutable;
using SafeDeploy.Ledger;

namespace SafeDeploy.Reporting;

/// <summary>Takes secrets out of what a fact quotes: a server's message, a container's last lines, the answer to a gate. The words that are read back stay.</summary>
public static class FactRedaction
{
    public static LedgerFact Clean(this Redactor redactor, LedgerFact fact) => fact switch
    {
        LedgerFact.StepFinished f => f with { Summary = redactor.Clean(f.Summary), Problems = redactor.Clean(f.Problems) },
        LedgerFact.Applied f => f with { Detail = redactor.Clean(f.Detail) },
        LedgerFact.ChangeFailed f => f with { Problem = redactor.Clean(f.Problem) },
        LedgerFact.GateRead f => f with { Measured = redactor.Clean(f.Measured), Detail = redactor.Clean(f.Detail) },
        LedgerFact.RollbackClaimed f => f with { Reason = redactor.Clean(f.Reason) },
        LedgerFact.RollbackDecided f => f with { Reason = redactor.Clean(f.Reason) },
        LedgerFact.Noted f => f with { Text = redactor.Clean(f.Text) },
        LedgerFact.Concluded f => f with { Statement = redactor.Clean(f.Statement), Problems = redactor.Clean(f.Problems) },
        _ => fact,
    };

    private static ImmutableArray<ProblemNote> Clean(this Redactor redactor, ImmutableArray<ProblemNote> problems) => [.. problems.Select(redactor.Clean)];

    private static ProblemNote Clean(this Redactor redactor, ProblemNote problem) => problem with
    {
        What = redactor.Clean(problem.What),
        Where = redactor.Clean(problem.Where),
        Untouched = redactor.Clean(problem.Untouched),
        Now = redactor.Clean(problem.Now),
        Next = redactor.Clean(problem.Next),
        Evidence = redactor.Clean(problem.Evidence),
    };
}
