using System.Diagnostics;
using System.Globalization;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>An action of one image whose main and post are whatever script a step gives it: for the facts of the runner itself.</summary>
public sealed class ScriptAction : IAsyncLifetime
{
    private readonly string _home = Directory.CreateTempSubdirectory("sd-runner-").FullName;

    private readonly Lazy<Task<string>> _netImage;

    public ScriptAction() => _netImage = new Lazy<Task<string>>(BuildNetImageAsync);

    public string Label { get; } = $"safe-deploy-test.job={Guid.NewGuid().ToString("N")[..8]}";

    public string Image { get; } = $"safe-deploy-test/script:{Guid.NewGuid().ToString("N")[..8]}";

    /// <summary>The same scripts in an image with .NET, and a program for it.</summary>
    public Task<string> NetImageAsync() => _netImage.Value;

    private async Task<string> BuildNetImageAsync()
    {
        var folder = Path.Combine(_home, "image");
        var program = Directory.CreateDirectory(Path.Combine(folder, "app")).FullName;
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(SampleBackend.BuiltBeside("LoadGenerator"))!))
            File.Copy(file, Path.Combine(program, Path.GetFileName(file)));
        await File.WriteAllTextAsync(Path.Combine(folder, "Dockerfile"), "FROM safe-deploy-test/dotnet:local\nCOPY app /app\nCOPY pre main post /\nRUN chmod 755 /pre /main /post\nLABEL safe-deploy.test=1\nENTRYPOINT [\"/main\"]\n");
        await ContainerLabel.DockerAsync("build", "-q", "-t", $"{Image}-net", folder);
        return $"{Image}-net";
    }

    public async Task InitializeAsync()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_home, "image")).FullName;
        foreach (var stage in new[] { "pre", "main", "post" })
            await File.WriteAllTextAsync(Path.Combine(folder, stage), $"#!/bin/sh\neval \"$INPUT_{stage.ToUpperInvariant()}\"\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "Dockerfile"), "FROM safe-deploy-test/busybox:local\nCOPY pre main post /\nRUN chmod 755 /pre /main /post\nLABEL safe-deploy.test=1\nENTRYPOINT [\"/main\"]\n");
        await ContainerLabel.DockerAsync("build", "-q", "-t", Image, folder);
        foreach (var path in new[] { "a", "b" })
            Directory.CreateDirectory(Path.Combine(_home, "tool", path));
        await File.WriteAllTextAsync(Path.Combine(_home, "tool", "root.txt"), "from the root\n");
        await File.WriteAllTextAsync(Path.Combine(_home, "tool", "Dockerfile"), "FROM safe-deploy-test/busybox:local\nCOPY root.txt /\nLABEL safe-deploy.test=1\nENTRYPOINT [\"cat\", \"/root.txt\"]\n");
    }

    public async Task DisposeAsync()
    {
        var left = await ContainerLabel.DockerAsync("ps", "-aq", "--filter", $"label={Label}");
        if (left.Split('\n', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } ids)
            await ContainerLabel.DockerAsync(["rm", "-f", .. ids]);
        await ContainerLabel.DockerAsync(["rmi", "-f", Image, .. _netImage.IsValueCreated ? [$"{Image}-net"] : Array.Empty<string>()]);
        Directory.Delete(_home, recursive: true);
    }

    public TestAction Action(string name, string runs = "post-entrypoint: /post") => new(
        $"acme/{name}@v1",
        ActionManifest.Parse($$$"""
            name: {{{name}}}
            inputs:
              main: { default: "true" }
              post: { default: "true" }
              pre: { default: "true" }
              name: { default: "" }
              job-status: { default: "${{ job.status }}" }
            runs:
              using: docker
              image: Dockerfile
              entrypoint: /main
              {{{runs.Replace("\n", "\n  ", StringComparison.Ordinal)}}}
            """),
        Image);

    public JobStep Step(string id, string main = "true", string post = "true", string runs = "post-entrypoint: /post", params (string, string)[] with) =>
        new(id) { Uses = Action(id, runs), With = [("main", main), ("post", post), .. with] };

    /// <summary>An action below a repository's root, whose Dockerfile lies there; the runner builds it.</summary>
    public JobStep Built(string path) => new(path)
    {
        Uses = new TestAction($"acme/tool/{path}@v1", ActionManifest.Parse("name: tool\nruns:\n  using: docker\n  image: ../Dockerfile\n"), "") { Folder = Path.Combine(_home, "tool", path) },
    };

    /// <summary>A job with a folder of its own and an impatient runner.</summary>
    public JobHost Job(Func<JobOptions, JobOptions>? change = null)
    {
        var options = new JobOptions(Path.Combine(_home, Guid.NewGuid().ToString("N")[..8]), Label) { InterruptWait = TimeSpan.FromSeconds(0.75), TerminateWait = TimeSpan.FromSeconds(0.25) };
        return new JobHost(change is null ? options : change(options));
    }

    /// <param name="job">Its end without the condition is a failure that tells what the job said.</param>
    public static async Task UntilAsync(Func<bool> holds, string what, Task<JobReport> job)
    {
        var since = Stopwatch.GetTimestamp();
        while (!holds())
        {
            Assert.False(job.IsCompleted, $"{what} did not happen, the job ended\n{(job.IsCompletedSuccessfully ? job.Result.Everything : "")}");
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(90), string.Create(CultureInfo.InvariantCulture, $"{what} did not happen"));
            await Task.Delay(50);
        }
    }
}
