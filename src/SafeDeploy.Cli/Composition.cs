using SafeDeploy.Integrations.Migrations.SqlFiles;
using SafeDeploy.Pipeline;

namespace SafeDeploy.Cli;

/// <summary>Everything one call needs, made once, with what must be closed at its end.</summary>
public sealed record Composition(
    World World, DeployPipeline Pipeline, RollbackRunner Rollback, Recovery Recovery, RunHook Hook, AdoptService Adopt, Doctor Doctor, IReadOnlyList<IAsyncDisposable> Open) : IAsyncDisposable
{
    /// <summary>Null where there is no backup store.</summary>
    public ManualRestore? Restore { get; init; }

    /// <summary>In reverse: what was opened last leans on what was opened first.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var one in Open.Reverse())
            await one.DisposeAsync();
    }
}
