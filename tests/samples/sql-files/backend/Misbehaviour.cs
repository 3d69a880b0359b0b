namespace PointOfSale;

/// <summary>Stands before the endpoints and does what the image's BEHAVIOUR says.</summary>
internal sealed class Misbehaviour(Settings settings, TimeProvider time)
{
    private int _answered;

    public string VersionToTell => settings.Behaviour is Behaviour.LiesAboutVersion ? Before(settings.Version) : settings.Version;

    public Task InvokeAsync(HttpContext context, RequestDelegate next) => settings.Behaviour switch
    {
        Behaviour.Hangs => Task.Delay(Timeout.InfiniteTimeSpan, time, context.RequestAborted),
        Behaviour.NotReady when context.Request.Path == "/health/readiness" =>
            AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, "the price list is not loaded"),
        Behaviour.ErrorsInside when IsBusiness(context) =>
            AnswerAsync(context, StatusCodes.Status500InternalServerError, "no driver for the receipt printer"),
        Behaviour.BadAfterSwitch when IsBusiness(context) && IsInService(context) =>
            AnswerAsync(context, StatusCodes.Status500InternalServerError, "the session store refuses: too many connections"),
        _ => next(context),
    };

    private static bool IsBusiness(HttpContext context) => !context.Request.Path.StartsWithSegments("/health");

    private bool IsInService(HttpContext context) =>
        context.Request.Headers.ContainsKey("X-Forwarded-For") || context.Request.Headers.ContainsKey("Via")
        || Interlocked.Increment(ref _answered) > settings.BadAfter;

    private static string Before(string version) =>
        "v" + (int.Parse(version.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) - 1).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static Task AnswerAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new Failure(why), ShopJson.Readable.Failure, cancellationToken: context.RequestAborted);
    }
}
