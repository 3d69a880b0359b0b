using System.Diagnostics.CodeAnalysis;

namespace SafeDeploy.DatabaseTests.Docker;

/// <summary>Tiny releases made on the engine: each answers as its own version, in the way that its configuration says.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The gate lives as long as the process.")]
public static class AppImages
{
    public const string Front = "safe-deploy-test/haproxy:local";
    public const int Port = 8000;

    private static readonly SemaphoreSlim Gate = new(1, 1);

    /// <summary>Answers 200 with its version in <c>X-App-Version</c> and in the body.</summary>
    public static Task<string> WellAsync(ContainerLabel label, string version) =>
        BuildAsync(label, version, Configuration($"""http-request return status 200 hdr X-App-Version "{version}" content-type text/plain string "{version}" """));

    public static Task<string> UnreadyAsync(ContainerLabel label, string version) =>
        BuildAsync(label, version, Configuration($"""http-request return status 503 hdr X-App-Version "{version}" content-type text/plain string "not ready" """));

    /// <summary>As <see cref="WellAsync"/>, three seconds later.</summary>
    public static Task<string> SlowAsync(ContainerLabel label, string version) => BuildAsync(label, version, $"""
        #!/bin/sh
        while read -r line && [ "$line" != "$(printf '\r')" ]; do :; done
        sleep 3
        printf 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {version.Length}\r\n\r\n{version}'

        """, $"""CMD ["nc", "-ll", "-p", "{Port}", "-e", "/bin/sh", "/app.cfg"]""");

    /// <summary>As <see cref="WellAsync"/>, on another port than the others.</summary>
    public static Task<string> ElsewhereAsync(ContainerLabel label, string version, int port) =>
        BuildAsync(label, version, Configuration($"""http-request return status 200 hdr X-App-Version "{version}" content-type text/plain string "{version}" """)
            .Replace($":{Port}", $":{port}", StringComparison.Ordinal));

    /// <summary>Accepts connections and never answers.</summary>
    public static Task<string> HangingAsync(ContainerLabel label, string version) =>
        BuildAsync(label, version, "", $"""CMD ["nc", "-ll", "-p", "{Port}", "-e", "sleep", "3600"]""");

    /// <summary>Prints a line and exits with code 7.</summary>
    public static Task<string> ExitingAsync(ContainerLabel label, string version) =>
        BuildAsync(label, version, "", """CMD ["sh", "-c", "echo cannot find the configuration >&2; exit 7"]""");

    /// <summary>Runs and never listens.</summary>
    public static Task<string> DeafAsync(ContainerLabel label, string version) =>
        BuildAsync(label, version, "", """CMD ["sh", "-c", "echo nobody hears me; exec sleep 3600"]""");

    private static string Configuration(string answer) => $"""
        defaults
          mode http
          timeout client 75s
          timeout server 75s
          timeout connect 5s
          timeout http-keep-alive 2s
        frontend app
          bind :{Port}
          {answer}

        """;

    private static async Task<string> BuildAsync(ContainerLabel label, string version, string configuration, string command = """CMD ["haproxy", "-db", "-f", "/app.cfg"]""")
    {
        // Without the cache: images of one test must not be parents of another, which would remove them.
        var tag = $"safe-deploy-test/app-{label.Value[..8]}:{version}";
        var folder = Directory.CreateTempSubdirectory("safe-deploy-app-");
        await Gate.WaitAsync();
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "app.cfg"), configuration);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "Dockerfile"),
                $"FROM {Front}\nCOPY app.cfg /app.cfg\nENV APP_VERSION={version}\nSTOPSIGNAL SIGUSR1\nENTRYPOINT []\n{command}\n");
            await ContainerLabel.DockerAsync("build", "--quiet", "--no-cache", "--label", label.ToString(), "--tag", tag, folder.FullName);
            return tag;
        }
        finally
        {
            Gate.Release();
            folder.Delete(recursive: true);
        }
    }
}
