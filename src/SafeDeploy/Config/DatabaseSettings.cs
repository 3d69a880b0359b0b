namespace SafeDeploy.Config;

/// <summary>The server and database that a deployment migrates.</summary>
/// <param name="Url"><c>postgres://…</c> or <c>postgresql://…</c> as configured, password included.</param>
/// <param name="Display">The same address without the password and parameters, for messages.</param>
public sealed record DatabaseSettings(Secret Url, string Display);
