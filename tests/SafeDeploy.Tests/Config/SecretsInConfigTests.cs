using System.Text.Json;
using SafeDeploy.Config;

namespace SafeDeploy.Tests.Config;

public sealed class SecretsInConfigTests
{
    private static IEnumerable<string> Hidden(ConfigReading reading) => reading.Secrets.Select(s => s.Reveal());

    [Fact]
    public void A_secret_shows_itself_to_nobody_who_does_not_ask()
    {
        var secret = new Secret("s3cr@t");
        Assert.Equal("***", $"{secret}");
        Assert.Equal("\"***\"", JsonSerializer.Serialize(secret));
        Assert.Equal("s3cr@t", secret.Reveal());
        Assert.DoesNotContain("s3cr", Yml.Config(Yml.Read(Yml.Head)).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_password_of_an_address_is_hidden_as_written_and_as_decoded()
    {
        var hidden = Hidden(Yml.Read(Yml.Head)).ToList();
        Assert.Contains("s3cr%40t", hidden);
        Assert.Contains("s3cr@t", hidden);
        Assert.Contains("postgres://app:s3cr%40t@db:5432/shop", hidden);
    }

    [Fact]
    public void An_address_without_a_password_is_no_secret() =>
        Assert.Empty(Hidden(Yml.Read(Yml.Head.Replace(":s3cr%40t", "", StringComparison.Ordinal))));

    [Theory]
    [InlineData("postgres://app:p@ss/w?ord#1@db:5432/shop", "p@ss/w?ord#1")]
    [InlineData("postgres://app:sesame/open@db/shop", "sesame/open")]
    [InlineData("postgres://app@db/shop?sslmode=require&password=sesame", "sesame")]
    [InlineData("mysql://root:sesame@db/shop", "sesame")]
    [InlineData("postgres://app:sesame@db:99999/shop", "sesame")]
    public void A_password_is_hidden_even_where_the_address_is_wrong(string url, string password)
    {
        var reading = Yml.Read(Yml.Head.Replace("postgres://app:s3cr%40t@db:5432/shop", $"'{url}'", StringComparison.Ordinal));
        Assert.Contains(password, Hidden(reading));
        Assert.DoesNotContain(password, Yml.Text(reading), StringComparison.Ordinal);
        if (reading.Config is { } config)
            Assert.Equal("postgres://app@db/shop", config.Database.Display);
    }

    [Fact]
    public void What_a_credentials_name_stands_for_is_hidden()
    {
        var reading = Yml.Read(
            Yml.Head + """
            deploy:
              target: docker
              image: app:v1
              docker:
                service: app
                port: 8000
                front: { mode: none }
                env: { LEVEL: "${LOG_LEVEL}", STRIPE: "${STRIPE_KEY}", SESSION_SECRET: written-here, QUEUE: "${QUEUE_URL}" }
                registry: { username: bot, password: "${GHCR}" }
            """,
            variables: new Dictionary<string, string>
            {
                ["LOG_LEVEL"] = "debug",
                ["STRIPE_KEY"] = "sk_live_1",
                ["QUEUE_URL"] = "amqp://u:rabbit@q/",
                ["GHCR"] = "ghp_1234",
            });
        Assert.NotNull(reading.Config);
        var hidden = Hidden(reading).ToList();
        Assert.Superset(new HashSet<string> { "sk_live_1", "written-here", "rabbit", "ghp_1234" }, hidden.ToHashSet());
        Assert.DoesNotContain("debug", hidden);
        Assert.DoesNotContain("ghp_1234", reading.Config.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_of_several_lines_is_hidden_line_by_line()
    {
        var reading = Yml.Read(
            Yml.Head + "risk: { protected_tables: [ \"${DEPLOY_KEY}\" ] }",
            variables: new Dictionary<string, string> { ["DEPLOY_KEY"] = "-----BEGIN-----\nMIIEvQ\n}\n" });
        Assert.Contains("MIIEvQ", Hidden(reading));
        Assert.DoesNotContain("}", Hidden(reading));
    }

    [Fact]
    public void No_message_shows_what_came_from_a_variable_or_looks_like_a_credential()
    {
        var reading = Yml.Read(
            Yml.Head + """
            tenants: postgres://u:sesame@db/shop
            health: { url: "http://u:sesame@localhost", within: "${WITHIN}" }
            rollback: { automatic: "${DB_PASSWORD}" }
            backup: { store: "s3://key:sesame@bucket" }
            notes: sesame
            """,
            variables: new Dictionary<string, string> { ["WITHIN"] = "sesame", ["DB_PASSWORD"] = "sesame" });
        Assert.True(reading.Problems.Length >= 5, Yml.Text(reading));
        Assert.DoesNotContain("sesame", Yml.Text(reading), StringComparison.Ordinal);
    }
}
