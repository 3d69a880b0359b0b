using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Runs;

namespace SafeDeploy.DatabaseTests.Ledger;

/// <summary>The usual values of the ledger's tests; a test states only what it is about.</summary>
internal static class Deploying
{
    public static RunIdentity Run(string id = "run-1") => new(id, new Uri($"https://ci.example/{id}"), "ana", "runner", 7);

    public static Release Release(string version = "v2") => new(version, $"acme/backend:{version}", $"sha256:{version}", $"migrations-{version}", "c0ffee");

    public static AcquireRequest Open(string run = "run-1", string version = "v2", string environment = "prod") =>
        new(AcquireMode.Open, "shop", new DeploymentIdentity(environment, run, version), Release(version), Run(run));

    public static AcquireRequest TakeOver(string run = "run-2") => Open(run) with { Mode = AcquireMode.TakeOver };

    public static LedgerFact.Concluded End(Conclusion conclusion = Conclusion.Deployed) => new(conclusion, 0, "it ended", []);

    public static LedgerFact Note(string text) => new LedgerFact.Noted("test", text);

    public static async Task<Acquisition.Held> HoldAsync(this ILedgerStore store, AcquireRequest request) =>
        Assert.IsType<Acquisition.Held>(await store.AcquireAsync(request, CancellationToken.None));

    public static async Task<HoldState> StateOfAsync(this ILedgerStore store, string environment = "prod") =>
        (await store.StateAsync(environment, CancellationToken.None)).State;

    public static Task NoteAsync(this ILedgerHold hold, string text) => hold.AppendAsync(null, Note(text), CancellationToken.None);

    /// <summary>Kinds of the entries, in order, e.g. <c>opened noted concluded</c>.</summary>
    public static async Task<string> KindsAsync(this ILedgerStore store, DeploymentId deployment)
    {
        var entries = await store.ReadAsync(deployment, CancellationToken.None);
        return string.Join(' ', entries.Select(entry => entry.Fact.GetType().Name));
    }
}
