using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace SafeDeploy.EndToEndTests.Harness;

/// <summary>A deploy target made of files, for the target <c>command</c>: what runs and what serves is written in a folder, and answered over HTTP from it.</summary>
/// <remarks>Nothing starts and nothing drains: a deployment takes a second, so that hundreds of them can be killed. Copying the folder copies the world.</remarks>
public sealed class FileTarget : IDisposable
{
    /// <summary>One program for every call (docs/guides/command-target.md). Each fact is replaced by rename: whole or not at all.</summary>
    private const string Program = """
        #!/bin/sh
        set -eu
        state=$(dirname "$0")/state
        slot=${SAFE_DEPLOY_SLOT:-}
        address() { case $1 in blue) echo "http://127.0.0.2:$PORT" ;; *) echo "http://127.0.0.3:$PORT" ;; esac; }
        put() { printf '%s' "$2" >"$state/$1.$$.next"; mv "$state/$1.$$.next" "$state/$1"; }
        text() { printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g'; }
        case $SAFE_DEPLOY_ACTION in
        resolve) printf 'sha256:%s\n' "$(printf '%s' "$SAFE_DEPLOY_IMAGE" | sha256sum | cut -c1-64)" ;;
        current)
            held=false comma=
            [ ! -e "$state/held" ] || held=true
            printf '{"serving":"%s","held":%s,"slots":[' "$(cat "$state/serving" 2>/dev/null || true)" "$held"
            for one in blue green; do
                [ ! -e "$state/$one" ] || { printf '%s' "$comma"; cat "$state/$one"; comma=,; }
            done
            printf ']}\n' ;;
        start)
            mkdir -p "$state"
            put "$slot" "$(printf '{"slot":"%s","version":"%s","image":"%s","digest":"%s","deployment":"%s","spec":"%s","instances":[{"name":"%s-1","address":"%s"}]}' \
                "$slot" "$SAFE_DEPLOY_VERSION" "$SAFE_DEPLOY_IMAGE" "$SAFE_DEPLOY_DIGEST" "$SAFE_DEPLOY_DEPLOYMENT" "$(text "$SAFE_DEPLOY_SPEC")" "$slot" "$(address "$slot")")" ;;
        switch) put serving "$slot" ;;
        hold) : >"$state/held" ;;
        release) rm -f "$state/held" ;;
        stop) rm -f "$state/$slot" ;;
        esac
        """;

    private const string Blue = "127.0.0.2";
    private const string Green = "127.0.0.3";

    private readonly string _folder;
    private readonly HttpListener _front = new();
    private readonly Task _answering;

    private FileTarget(string folder, int port)
    {
        (_folder, Port) = (folder, port);
        // The front, and each slot's instance at a loopback address of its own.
        foreach (var address in (string[])["127.0.0.1", Blue, Green])
            _front.Prefixes.Add($"http://{address}:{port}/");
        _front.Start();
        _answering = AnswerAsync();
    }

    public int Port { get; }

    /// <summary>Versions that answer 500 once they serve: their instances are ready, and their pages fail.</summary>
    public IReadOnlyCollection<string> Sick { get; set; } = [];

    /// <summary>While true the front takes requests and answers none: it is being restarted.</summary>
    public bool IsAway { get; set; }

    private string State => Path.Combine(_folder, "state");

    /// <param name="folder">Of <c>safe-deploy.yml</c>.</param>
    /// <param name="from">A folder whose state is taken over, or null for a target that never had a release.</param>
    /// <param name="sick">Versions whose pages answer 500.</param>
    public static FileTarget In(string folder, string? from, params string[] sick)
    {
        var program = Path.Combine(folder, "target");
        File.WriteAllText(program, Program + "\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(Path.Combine(folder, "state"));
        foreach (var file in from is null ? [] : Directory.GetFiles(Path.Combine(from, "state")))
            File.Copy(file, Path.Combine(folder, "state", Path.GetFileName(file)));
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return new FileTarget(folder, FreePort()) { Sick = sick };
            }
            catch (HttpListenerException) when (attempt < 10)
            {
                // Somebody took the port between the look and the door.
            }
        }
    }

    /// <summary>The version that users meet, <c>held</c>, or <c>nobody</c>.</summary>
    public string Serves => File.Exists(Path.Combine(State, "held")) ? "held" : VersionIn(Read("serving")) ?? "nobody";

    /// <summary>What runs, in order: more than one release means that something was left behind.</summary>
    public string[] Running => [.. new[] { "blue", "green" }.Select(VersionIn).OfType<string>().Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        _front.Close();
        _answering.Wait(TimeSpan.FromSeconds(5));
    }

    private string? VersionIn(string slot) => slot.Length > 0 && Read(slot) is { Length: > 0 } json
        ? JsonDocument.Parse(json).RootElement.GetProperty("version").GetString()
        : null;

    private string Read(string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(State, name));
        }
        catch (FileNotFoundException)
        {
            return "";
        }
    }

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
                Answer(await _front.GetContextAsync());
        }
        catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private void Answer(HttpListenerContext call)
    {
        if (IsAway)
        {
            call.Response.Abort();
            return;
        }

        var (answers, isFront) = call.Request.LocalEndPoint.Address.ToString() switch
        {
            Blue => (VersionIn("blue") ?? "nobody", false),
            Green => (VersionIn("green") ?? "nobody", false),
            _ => (Serves, true),
        };
        var isUp = answers is not ("held" or "nobody");
        call.Response.StatusCode = !isUp ? 503 : isFront && Sick.Contains(answers) ? 500 : 200;
        if (isUp)
            call.Response.Headers["X-App-Version"] = answers;
        else
            call.Response.Headers["Retry-After"] = "1";
        call.Response.Close();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
