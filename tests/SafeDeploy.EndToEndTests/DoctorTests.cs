using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary><c>doctor</c> on a real server: what it prints for an administrator is what was missing, and it touches nothing.</summary>
public sealed class DoctorTests
{
    [Fact]
    public async Task A_role_without_rights_is_given_the_grants_to_paste_and_is_well_after_them()
    {
        await using var sample = await Fleet.WithItemsAsync();
        var role = $"doctor_{Guid.NewGuid().ToString("N")[..8]}";
        await sample.Database.ExecuteAsync($"create role {role} login password 'only-here-7Q'; revoke create on schema public from public; grant usage on schema control to {role}; grant select on control.tenant to {role}");
        try
        {
            var url = ("DATABASE_URL", new UriBuilder(sample.Database.Url) { UserName = role, Password = "only-here-7Q" }.Uri.AbsoluteUri);
            var structure = await sample.StructureAsync();
            var ill = await sample.RunAsync("v1", "doctor", url);
            Assert.True(ill.ExitCode == 3, ill.ToString());
            Assert.Contains("  bad     privileges", ill.Out, StringComparison.Ordinal);
            Assert.Contains("  unknown long transactions", ill.Out, StringComparison.Ordinal);
            Assert.Equal(structure, await sample.StructureAsync());

            var grants = ill.Out[ill.Out.IndexOf("-- to be run by an administrator", StringComparison.Ordinal)..];
            await sample.Database.ExecuteAsync(grants);
            structure = await sample.StructureAsync();
            var well = await sample.RunAsync("v1", "doctor", url);
            Assert.True(well.ExitCode == 0, well.ToString());
            Assert.DoesNotContain("grant", well.Out[well.Out.IndexOf("privileges", StringComparison.Ordinal)..].Split('\n')[0], StringComparison.Ordinal);
            Assert.Equal(structure, await sample.StructureAsync());
        }
        finally
        {
            await sample.Database.ExecuteAsync($"drop owned by {role}; drop role {role}");
        }
    }

    [Fact]
    public async Task A_database_that_is_away_does_not_hide_the_rest()
    {
        await using var sample = await Fleet.CreateAsync();
        sample.Migration("000001_items", "create table item (id integer);", null);
        var away = await sample.RunAsync("v1", "doctor --output json", ("DATABASE_URL", "postgres://nobody:x@127.0.0.1:1/none"));
        Assert.Equal(3, away.ExitCode);
        var checks = away.Json.GetProperty("checks").EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!, c => c.GetProperty("verdict").GetString());
        Assert.Equal("bad", checks["database"]);
        Assert.Equal("unknown", checks["grants, ledger, backup"]);
        Assert.Equal("good", checks["migrations of tenants"]);
        Assert.Single(away.Problems);
    }
}
