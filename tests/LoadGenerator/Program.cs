using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDeploy.Tests.Load;

if (args is [] or ["--help"])
{
    await Console.Error.WriteLineAsync(Usage.Text);
    return 64;
}

if (args is ["--wait"] or ["--wait", "--hear"])
    return await Waiting.RunAsync(args.Length == 2);

LoadOptions options;
try
{
    options = Usage.Parse(args);
}
catch (FormatException wrong)
{
    await Console.Error.WriteLineAsync(wrong.Message);
    return 64;
}

using var stop = new CancellationTokenSource();
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
if (args.Contains("--until-stdin-closes"))
    _ = Task.Run(StopWhenStdinClosesAsync);

var report = await new LoadGenerator(options, TimeProvider.System).RunAsync(stop.Token);
Console.WriteLine(JsonSerializer.Serialize(report, LoadJson.Default.LoadReport));
return report.Failed == 0 ? 0 : 1;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

async Task StopWhenStdinClosesAsync()
{
    // Console.In reads synchronously even when asked not to.
    await using var input = Console.OpenStandardInput();
    await input.CopyToAsync(Stream.Null);
    await stop.CancelAsync();
}

internal static class Usage
{
    public const string Text =
        """
        dotnet LoadGenerator.dll --url http://127.0.0.1:8080/sales [--method POST] [--header "Name: value"]… [--body JSON]
            [--connections 8] [--rate 300] [--at-least 0] [--at-most 100000] [--timeout 10] [--no-keep-alive] [--until-stdin-closes]
        dotnet LoadGenerator.dll --wait [--hear]: sends nothing, until SIGINT or SIGTERM where it is to hear them
        Sends each request once. Ends at --at-most, or when told (SIGTERM, SIGINT, end of stdin) and --at-least were sent.
        Prints one JSON line. Exit code 0: none failed, 1: some failed, 64: wrong usage.
        """;

    public static LoadOptions Parse(string[] args)
    {
        var options = new LoadOptions(
            new("http://127.0.0.1:8080/sales"), "POST", [], "", KeepAlive: true, 8, 300, 0, 100_000, TimeSpan.FromSeconds(10));
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] is "--until-stdin-closes")
                continue;
            if (args[i] is "--no-keep-alive")
                options = options with { KeepAlive = false };
            else if (i + 1 < args.Length)
                options = Set(options, args[i], args[++i]);
            else
                throw new FormatException($"{args[i]} needs a value");
        }

        return options;
    }

    private static LoadOptions Set(LoadOptions options, string name, string value) => name switch
    {
        "--url" => options with { Url = new(value) },
        "--method" => options with { Method = value },
        "--header" => options with { Headers = options.Headers.Add(value) },
        "--body" => options with { Body = value },
        "--connections" => options with { Connections = Whole(value) },
        "--rate" => options with { Rate = double.Parse(value, CultureInfo.InvariantCulture) },
        "--at-least" => options with { AtLeast = Whole(value) },
        "--at-most" => options with { AtMost = Whole(value) },
        "--timeout" => options with { Timeout = TimeSpan.FromSeconds(double.Parse(value, CultureInfo.InvariantCulture)) },
        _ => throw new FormatException($"{name} is not known\n{Text}"),
    };

    private static int Whole(string value) => int.Parse(value, CultureInfo.InvariantCulture);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LoadReport))]
internal sealed partial class LoadJson : JsonSerializerContext;
