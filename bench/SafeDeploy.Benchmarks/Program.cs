using SafeDeploy.Benchmarks;

return args switch
{
    ["risk", .. var rest] => RiskScenario.Run(rest is [var files, ..] ? int.Parse(files, System.Globalization.CultureInfo.InvariantCulture) : 1000),
    ["real", var server, _, ..] => await RealScenario.RunAsync(server, args[2..]),
    ["backup", var server, .. var rest] => await BackupScenario.RunAsync(server, rest is [var tenants, ..] ? int.Parse(tenants, System.Globalization.CultureInfo.InvariantCulture) : 200),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: ./build bench risk [FILES]   the analysis of a folder of migrations, as a ratio to parsing it");
    Console.Error.WriteLine("       ./build bench real URL FOLDER…   the risk model on whole histories, beside what a server does; databases are made there and dropped");
    Console.Error.WriteLine("       ./build bench backup URL [TENANTS]   a set beside a plain pg_dump, on a server where a database may be made");
    return 64;
}
