using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Problems;

namespace SafeDeploy.Tests.Ledger;

public sealed class PostgresUrlTests
{
    [Fact]
    public void Every_part_of_a_url_is_read_and_decoded()
    {
        var settings = PostgresUrl.Parse("postgres://an%40a:p%2Fw%3A1@db.example:6432/sh%20op?sslmode=verify-full&connect_timeout=3&channel_binding=require");
        Assert.Equal(
            ("db.example", 6432, "an@a", "p/w:1", "sh op", SslMode.VerifyFull, 3, ChannelBinding.Require, false),
            (settings.Host, settings.Port, settings.Username, settings.Password, settings.Database, settings.SslMode, settings.Timeout, settings.ChannelBinding, settings.Pooling));
        Assert.Equal("db.example:6432/sh op", PostgresUrl.Display(settings));
    }

    [Theory]
    [InlineData("postgres://ana@/shop?host=/run/postgresql", "/run/postgresql", 5432)]
    [InlineData("postgresql://ana@%2Frun%2Fpostgresql:6432/shop", "/run/postgresql", 6432)]
    [InlineData("postgres://ana@[::1]:6432/shop", "::1", 6432)]
    [InlineData("postgres://ana:p@ss@db/shop", "db", 5432)]
    [InlineData("POSTGRES://db:6432/shop?user=ana", "db", 6432)]
    public void A_host_may_be_a_socket_directory_or_an_address(string url, string host, int port)
    {
        var settings = PostgresUrl.Parse(url);
        Assert.Equal((host, port, "ana", "shop"), (settings.Host, settings.Port, settings.Username, settings.Database));
    }

    [Theory]
    [InlineData("mysql://ana:hunter2@db/shop", "it does not begin with postgres:// or postgresql://")]
    [InlineData("postgres://ana:hunter2@db/shop?pgbouncer=true", "the parameter \"pgbouncer\" is not known here")]
    [InlineData("postgres://ana:hunter2@db/shop?sslmode=yes", "the parameter \"sslmode\" is one of disable, allow, prefer, require, verify-ca, verify-full")]
    [InlineData("postgres://ana:hunter2@db:port/shop", "the port is not a number from 1 to 65535")]
    [InlineData("postgres://ana:hunter2@a,b/shop", "it names several hosts; give the primary's alone")]
    [InlineData("postgres://ana:hunter2@db", "it names no database")]
    [InlineData("postgres://db/shop", "it names no user")]
    [InlineData("postgres:///shop?user=ana", "it names no host")]
    [InlineData("", "it does not begin with postgres:// or postgresql://")]
    public void A_url_that_cannot_be_used_is_refused_without_showing_its_password(string url, string why)
    {
        var refused = Assert.Throws<ProblemException>(() => PostgresUrl.Parse(url));
        Assert.Equal("SD0215", refused.Problem.Code);
        Assert.Equal($"the database URL cannot be used: {why}", refused.Problem.What);
        Assert.DoesNotContain("hunter2", refused.Message, StringComparison.Ordinal);
    }
}
