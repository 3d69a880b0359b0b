using System.Runtime.CompilerServices;

namespace SafeDeploy.Tests;

/// <summary>Compares a text that people read with the file beside the test; accept a change with <c>ACCEPT=1</c>.</summary>
public static class Golden
{
    public static void Verify(string actual, string? name = null, [CallerFilePath] string file = "", [CallerMemberName] string member = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(file)!, $"{name ?? member}.golden.txt");
        var text = actual.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
        if (Environment.GetEnvironmentVariable("ACCEPT") == "1" && Environment.GetEnvironmentVariable("CI") != "true")
            File.WriteAllText(path, text);
        Assert.True(File.Exists(path), $"{path} does not exist; accept with: ACCEPT=1 ./build check");
        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), text);
    }
}
