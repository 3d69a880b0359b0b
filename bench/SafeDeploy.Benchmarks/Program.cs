using SafeDeploy.Benchmarks;

return args switch
{
    ["risk", .. var rest] => RiskScenario.Run(rest is [var files, ..] ? int.Parse(files, System.Globalization.CultureInfo.InvariantCulture) : 1000),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: ./build bench risk [FILES]   the analysis of a folder of migrations, as a ratio to parsing it");
    return 64;
}
