using System.Text.Json.Nodes;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>The task as the agent has unpacked it: our files, the library of its lock file, and the published program without its mode.</summary>
public static class TaskFolder
{
    private static readonly Lazy<string> Made = new(Make);

    public static string Path => Made.Value;

    private static string Source => System.IO.Path.Combine(TestServers.RepositoryRoot, "azdo-task", "task");

    private static string Make()
    {
        var folder = Directory.CreateTempSubdirectory("sd-task-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        foreach (var file in Directory.GetFiles(Source))
            File.Copy(file, System.IO.Path.Combine(folder, System.IO.Path.GetFileName(file)));
        var library = System.IO.Path.Combine(TestServers.RepositoryRoot, "artifacts", "contracts", "task", "node_modules");
        if (!Directory.Exists(library))
            throw new InvalidOperationException($"{library} does not exist: run ./build up first");
        Directory.CreateSymbolicLink(System.IO.Path.Combine(folder, "node_modules"), library);
        var program = Directory.CreateDirectory(System.IO.Path.Combine(folder, "bin", "linux-x64")).FullName;
        foreach (var file in Directory.GetFiles(System.IO.Path.GetDirectoryName(TestServers.Program)!))
            File.Copy(file, System.IO.Path.Combine(program, System.IO.Path.GetFileName(file)));
        File.SetUnixFileMode(System.IO.Path.Combine(program, "safe-deploy"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Facts(folder, "2.17");
        return folder;
    }

    /// <summary>What <c>./build task</c> measures of the program; here for one that is not packed.</summary>
    public static void Facts(string folder, string glibc) => File.WriteAllText(System.IO.Path.Combine(folder, "program.json"), new JsonObject
    {
        ["version"] = "0.1.0",
        ["glibc"] = glibc,
        ["sha256"] = new string('0', 64),
        ["image"] = "safe-deploy-test/action:local",
    }.ToJsonString());
}
