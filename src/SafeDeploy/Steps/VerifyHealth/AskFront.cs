using SafeDeploy.Ports;

namespace SafeDeploy.Steps.VerifyHealth;

/// <summary>Asks through the front door as a user would: <c>health.url</c> where it is set, else the target's front.</summary>
public delegate Task<HttpAnswer> AskFront(HttpQuestion question, CancellationToken cancellation);
