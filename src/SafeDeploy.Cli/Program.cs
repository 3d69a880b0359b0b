using SafeDeploy.Cli;
using SafeDeploy.Cli.Terminal;

return await FrontDoor.RunAsync(args, Invocation.OfThisProcess());
