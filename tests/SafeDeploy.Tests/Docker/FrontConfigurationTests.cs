using SafeDeploy.Integrations.DeployTargets.Docker;

namespace SafeDeploy.Tests.Docker;

public sealed class FrontConfigurationTests
{
    [Fact]
    public void The_front_is_configured_as_people_review_it() => Golden.Verify(new HaproxyConfig("backend", 8000, 8001, 16).Text());

    [Fact]
    public void A_hold_begins_before_and_ends_after_the_slot_moves()
    {
        Assert.Equal("set map /etc/safe-deploy/front.map held yes;set map /etc/safe-deploy/front.map serving blue", new FrontMap("blue", true).Commands());
        Assert.Equal("set map /etc/safe-deploy/front.map serving nobody;set map /etc/safe-deploy/front.map held no", new FrontMap(null, false).Commands());
    }

    [Theory]
    [InlineData("green", true)]
    [InlineData(null, false)]
    public void What_is_written_is_read_back_from_the_file_and_from_the_running_front(string? serving, bool held)
    {
        var map = new FrontMap(serving, held);
        Assert.Equal(map, FrontMap.Parse("front", map.Text()));
        Assert.Equal(map, FrontMap.Parse("front", string.Join('\n', map.Text().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"0x55cf4b3822e0 {line}")) + "\n\n"));
    }

    [Fact]
    public void Only_instances_whose_last_check_passed_count_as_reached()
    {
        const string table = """
            # pxname,svname,scur,status,check_status
            blue,blue1,1,UP,L4OK
            blue,blue2,0,UP,* L4OK
            blue,blue3,0,UP 1/2,* L4TOUT
            blue,blue4,0,UP,INI
            blue,blue5,0,MAINT (resolution),
            blue,BACKEND,3,UP,
            green,green1,0,UP,L4OK
            green,BACKEND,0,UP,
            """;
        Assert.Equal((2, 3), HaproxyRuntime.CountUp(table, "blue"));
        Assert.Equal((1, 0), HaproxyRuntime.CountUp(table, "green"));
        Assert.Equal((0, 0), HaproxyRuntime.CountUp("Unknown command", "blue"));
    }
}
