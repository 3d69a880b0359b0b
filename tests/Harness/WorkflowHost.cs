using System.Collections.Immutable;

namespace SafeDeploy.Tests.Harness;

/// <summary>Where a workflow is played.</summary>
/// <param name="Options">Of the job with this id; every job may have a machine of its own.</param>
/// <param name="Action">The action behind a <c>uses</c>; null = a step that does nothing here, such as a checkout.</param>
public sealed record WorkflowWorld(Func<string, JobOptions> Options, Func<string, Task<TestAction?>> Action)
{
    /// <summary><c>secrets</c>, <c>inputs</c>, <c>vars</c>: what the repository and who started it bring.</summary>
    public ImmutableDictionary<string, object?> Contexts { get; init; } = ImmutableDictionary<string, object?>.Empty;

    /// <summary>Secrets by the environment that a job names; they come before those of the repository.</summary>
    public ImmutableDictionary<string, ImmutableDictionary<string, string>> EnvironmentSecrets { get; init; } = ImmutableDictionary<string, ImmutableDictionary<string, string>>.Empty;

    /// <summary>Inputs that every step of a test gets besides those of the file, where its action has them.</summary>
    public ImmutableArray<(string Name, string Value)> Besides { get; init; } = [];

    /// <summary>The image of a service as this machine has it.</summary>
    public Func<JobService, JobService> Service { get; init; } = service => service;
}

/// <summary>Plays a workflow job by job, in the order of the file, which is also the order of its needs.</summary>
public sealed class WorkflowHost(Workflow workflow, WorkflowWorld world)
{
    private readonly Dictionary<string, object?> _needs = [];

    /// <returns>The jobs that ran, by id; of a matrix each with its number.</returns>
    public async Task<ImmutableArray<(string Id, JobReport Report)>> RunAsync()
    {
        var ran = ImmutableArray.CreateBuilder<(string, JobReport)>();
        foreach (var job in workflow.Jobs)
        {
            var results = job.Needs.Select(n => (string?)((Dictionary<string, object?>)_needs[n]!)["result"]).ToArray();
            if (!Expression(Contexts(job, ImmutableDictionary<string, object?>.Empty, world.Options(job.Id)), results).Condition(Expr.OfStep(job.If)))
            {
                _needs[job.Id] = Result("skipped", []);
                continue;
            }

            var conclusion = "success";
            var outputs = new Dictionary<string, object?>();
            foreach (var (matrix, number) in job.Matrix.Select((m, at) => (m, at + 1)))
            {
                var options = world.Options(job.Id);
                var expression = Expression(Contexts(job, matrix, options), results);
                options = options with
                {
                    Env = [.. options.Env, .. workflow.Env.Concat(job.Env).Select(e => (e.Name, expression.Text(e.Value)))],
                    Contexts = Contexts(job, matrix, options),
                    Services = [.. job.Services.Select(world.Service)],
                };
                var report = await new JobHost(options).RunAsync([.. await Task.WhenAll(job.Steps.Select(s => StepAsync(s)))]);
                ran.Add((job.Matrix.Length == 1 ? job.Id : $"{job.Id} {number}", report));
                conclusion = report.Conclusion == JobConclusion.Success ? conclusion : report.Conclusion.ToString().ToLowerInvariant();
                foreach (var (name, value) in job.Outputs)
                    outputs[name] = Outputs(report, Contexts(job, matrix, options), results).Text(value);
            }

            _needs[job.Id] = Result(conclusion, outputs);
        }

        return ran.ToImmutable();
    }

    private static Dictionary<string, object?> Result(string result, Dictionary<string, object?> outputs) => new() { ["result"] = result, ["outputs"] = outputs };

    private async Task<JobStep> StepAsync(WorkflowStep step)
    {
        if (step.Uses is null)
            return new JobStep(step.Id) { If = step.If, Env = step.Env, Script = step.Run };
        if (await world.Action(step.Uses) is not { } action)
            return new JobStep(step.Id);
        var besides = world.Besides.Where(b => action.Manifest.Inputs.Any(i => i.Name == b.Name) && step.With.All(w => w.Name != b.Name));
        return new JobStep(step.Id) { Uses = action, If = step.If, With = [.. step.With, .. besides], Env = step.Env };
    }

    private ImmutableDictionary<string, object?> Contexts(WorkflowJob job, ImmutableDictionary<string, object?> matrix, JobOptions options)
    {
        var contexts = world.Contexts.SetItem("needs", _needs).SetItem("matrix", matrix).SetItem("github", options.GitHub);
        if (job.Environment is null || !world.EnvironmentSecrets.TryGetValue(job.Environment, out var own))
            return contexts;
        var secrets = contexts.GetValueOrDefault("secrets") as Dictionary<string, object?> ?? [];
        return contexts.SetItem("secrets", own.Aggregate(new Dictionary<string, object?>(secrets), (all, secret) =>
        {
            all[secret.Key] = secret.Value;
            return all;
        }));
    }

    private static Expr Outputs(JobReport report, ImmutableDictionary<string, object?> contexts, string?[] needs) => Expression(
        contexts.SetItem("steps", report.Outputs.ToDictionary(
            o => o.Key, o => (object?)new Dictionary<string, object?> { ["outputs"] = o.Value.ToDictionary(v => v.Key, v => (object?)v.Value) })),
        needs);

    private static Expr Expression(IReadOnlyDictionary<string, object?> contexts, string?[] needs) => new(
        contexts,
        new Dictionary<string, Func<object?>>
        {
            ["success"] = () => needs.All(n => n == "success"),
            ["failure"] = () => needs.Contains("failure"),
            ["cancelled"] = () => needs.Contains("cancelled"),
            ["always"] = () => true,
        });
}
