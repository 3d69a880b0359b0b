using Npgsql;

namespace PointOfSale;

/// <summary>The HTTP side: the endpoints, and what happens around each of them.</summary>
internal static class Server
{
    public static WebApplication Build(Settings settings, Shop shop, Release release)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(settings.Listen));
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ShopJson.Readable);
            json.SerializerOptions.Encoder = ShopJson.Readable.Options.Encoder;
        });
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<DrainingLifetime>();
        builder.Services.AddSingleton<IHostLifetime>(services => services.GetRequiredService<DrainingLifetime>());

        var app = builder.Build();
        var lifetime = app.Services.GetRequiredService<DrainingLifetime>();
        var misbehaviour = new Misbehaviour(settings, TimeProvider.System);
        app.Use((context, next) =>
        {
            context.Response.Headers["X-App-Version"] = misbehaviour.VersionToTell;
            if (lifetime.IsDraining)
                context.Response.Headers.Connection = "close";
            return next(context);
        });
        app.Use(misbehaviour.InvokeAsync);
        app.Use(TellDatabaseErrors);
        Map(app, settings, shop, release, lifetime);
        return app;
    }

    private static void Map(WebApplication app, Settings settings, Shop shop, Release release, DrainingLifetime lifetime)
    {
        var shops = new KnownTenants(shop);
        app.MapGet("/health/liveness", () => Results.Ok(new Alive("alive", release.Version)));
        app.MapGet("/health/readiness", (CancellationToken cancellation) => ReadinessAsync(shop, release, lifetime, cancellation));
        app.MapGet("/tenants", async (CancellationToken cancellation) => Results.Ok(await shop.TenantsAsync(cancellation)));
        app.MapGet("/", async (HttpRequest request, CancellationToken cancellation) =>
            await shops.OfAsync(request, settings.DefaultTenant, cancellation) is { } tenant
                ? Results.Ok(await shop.OverviewAsync(tenant, BranchOf(request), cancellation))
                : Results.NotFound(new Failure("no such tenant")));
        app.MapPost("/sales", async (HttpRequest request, CancellationToken cancellation) =>
        {
            if (await shops.OfAsync(request, settings.DefaultTenant, cancellation) is not { } tenant)
                return Results.NotFound(new Failure("no such tenant"));
            var sale = request.ContentLength > 0 ? await request.ReadFromJsonAsync(ShopJson.Readable.NewSale, cancellation) : null;
            var sold = await shop.SellAsync(tenant, BranchOf(request), sale ?? new(null, null, null), request.Query["fiscal"] == "1", cancellation);
            return sold is null
                ? Results.UnprocessableEntity(new Failure("no such branch or product"))
                : Results.Created($"/sales/{sold.Sale}", sold);
        });
    }

    private static async Task<IResult> ReadinessAsync(Shop shop, Release release, DrainingLifetime lifetime, CancellationToken cancellation)
    {
        if (lifetime.IsDraining)
            return NotReady(release, "draining");
        try
        {
            var missing = await shop.MissingAsync(cancellation);
            return missing.IsEmpty
                ? Results.Ok(new Ready("ready", release.Version, "every column is there"))
                : NotReady(release, $"this release needs columns that are not there: {string.Join(", ", missing)}");
        }
        catch (NpgsqlException failure)
        {
            return NotReady(release, $"the database does not answer: {failure.Message}");
        }
    }

    private static IResult NotReady(Release release, string reason) =>
        Results.Json(new Ready("not ready", release.Version, reason), ShopJson.Readable.Ready, statusCode: StatusCodes.Status503ServiceUnavailable);

    private static long BranchOf(HttpRequest request) =>
        long.TryParse(request.Headers["X-Branch"], System.Globalization.CultureInfo.InvariantCulture, out var branch) ? branch : 1;

    // An old release on a schema that does not fit it any more ends here, with the server's own words.
    private static async Task TellDatabaseErrors(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (NpgsqlException failure) when (!context.Response.HasStarted)
        {
            var why = failure is PostgresException { MessageText: var text } ? text : failure.Message;
            await Console.Error.WriteLineAsync($"{context.Request.Method} {context.Request.Path}: {failure.SqlState} {why}");
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            await context.Response.WriteAsJsonAsync(new Failure(why), ShopJson.Readable.Failure, cancellationToken: context.RequestAborted);
        }
    }
}
