using PointOfSale;

var settings = Settings.FromEnvironment(Environment.GetEnvironmentVariable);
if (args is ["sql", .. var files])
    return await Tools.RunSqlAsync(settings.Database, files);
if (args is ["send", var socket])
    return await Tools.SendAsync(socket);
if (settings.Behaviour is Behaviour.Exits)
{
    await Console.Error.WriteLineAsync($"backend {settings.Version}: the settings cannot be read, giving up");
    return 3;
}

await using var database = DatabaseUrl.Open(settings.Database, $"backend {settings.Version}");
var release = Release.Of(settings.Version);
var shop = new Shop(database, release);
if (args is ["worker"])
    return await Worker.RunAsync(shop, settings, TimeProvider.System);

var app = Server.Build(settings, shop, release);
await app.RunAsync();
return 0;
