using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>A release that prints what it was told in confidence, in its log and in its answers: no sink shows it.</summary>
public sealed class SecretTests
{
    // One from the configuration, two from a file that the configuration names: by a variable's name, and in an address.
    private static readonly string[] Planted = ["sesame-of-the-configuration", "sesame-of-the-file", "sesame-in-an-address"];

    private const string Config = """
        version: 1
        project: talkative
        database:
          url: ${DATABASE_URL}
        backup:
          store: file://${BACKUPS}
          same_disk: allowed
        deploy:
          target: docker
          image: ${FRONT_IMAGE}
          version: ${VERSION}
          docker:
            service: ${SERVICE}
            port: 8000
            env: { STRIPE_KEY: "${STRIPE_KEY}" }
            env_file: app.env
            command: [ sh, /answer.sh, boot ]
            mounts:
              - { type: bind, source: "${SCRIPT}", target: /answer.sh }
            front: { mode: managed, image: "${FRONT_IMAGE}", listen: "127.0.0.1:${PORT}" }
            stop_timeout: 1s
            labels: { safe-deploy.test: "1" }
        health:
          readiness: /ready
          version_header: X-App-Version
          within: 3s
          soak: 1s

        """;

    private const string Script = """
        if [ "$1" = boot ]; then
            echo "booting with $STRIPE_KEY and $SESSION_SECRET at $MAIL_URL"
            exec nc -ll -p 8000 -e /bin/sh /answer.sh
        fi
        while read -r line && [ "$line" != "$(printf '\r')" ]; do :; done
        printf 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nX-App-Version: v1\r\n\r\n'
        printf 'not ready: %s, %s, %s\n' "$STRIPE_KEY" "$SESSION_SECRET" "$MAIL_URL"

        """;

    [Fact]
    public async Task What_a_release_was_told_in_confidence_is_in_no_message_no_ledger_and_no_copy_of_it()
    {
        await using var sample = await Sample.EmptyAsync();
        sample.Configure(Config);
        sample.Write("answer.sh", Script);
        sample.Write("app.env", $"SESSION_SECRET={Planted[1]}\nMAIL_URL=smtp://app:{Planted[2]}@mail.example:25\n");
        (string, string)[] told = [("STRIPE_KEY", Planted[0]), ("SCRIPT", Path.Combine(sample.Home, "answer.sh"))];

        CliResult run;
        await using (var processes = ProcessList.Watched([.. Planted]))
        {
            run = await sample.RunAsync("v1", "run", told);
            Assert.True(processes.Found.Looks > 10);
            Assert.Empty(processes.Found.Seen);
        }

        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Contains("not ready: ***, ***, ***", run.Error, StringComparison.Ordinal);
        foreach (var line in (string[])["status --output json", "history --output json", "rollback --dry-run"])
            await sample.RunAsync("v1", line, told);

        string[] sinks = [sample.Said, await sample.LedgerAsync(), .. await Task.WhenAll(Directory.GetFiles(sample.Backups, "*", SearchOption.AllDirectories).Select(f => File.ReadAllTextAsync(f)))];
        Assert.True(sinks.Length > 2, "there is no copy of the ledger");
        Assert.Contains("booting with ***", sinks[1], StringComparison.Ordinal);
        foreach (var sink in sinks)
            Assert.All(Planted, secret => Assert.DoesNotContain(secret, sink, StringComparison.Ordinal));
    }
}
