using System.Collections.Immutable;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>The steps, inputs and outputs of every CI host: the one list behind manifests, input tables and command lines.</summary>
public static class HostModel
{
    public const string DefaultVerb = "run";

    /// <summary>Of the program, and of what the hosts install of it.</summary>
    public static string Version { get; } = typeof(HostModel).Assembly.GetName().Version!.ToString(3);

    private const string NeedsToken = "Needs a project access token in the variable SAFE_DEPLOY_GITLAB_TOKEN.";

    private static readonly ImmutableArray<string> Every = [];
    private static readonly ImmutableArray<string> Stages = ["run", "preflight", "backup", "migrate-public", "migrate-tenants", "deploy-image", "verify-health"];

    public static readonly ImmutableArray<HostVerb> Verbs =
    [
        new("plan", "Plan a release", "What is pending, what it locks or breaks, and the way back in advance: in the pull request.", false),
        new("run", "Run a release", "The whole chain: preflight, backup, migrations, image, health; on failure the way back.", true),
        new("preflight", "Preflight", "Is it safe to start now?", true),
        new("backup", "Backup", "A consistent, verified backup of every scope.", true),
        new("migrate-public", "Migrate the shared schema", "Migrates the shared schema.", true),
        new("migrate-tenants", "Migrate the tenants", "Migrates the tenants, canaries first.", true),
        new("deploy-image", "Deploy the image", "Brings the new release up beside the old one and moves traffic.", true),
        new("verify-health", "Verify health", "Gates and soak; sets the commit point.", true),
        new("rollback", "Roll back", "Decides the way back from the ledger and the live world, takes it, proves it.", false),
        new("recover", "Recover", "Finishes or takes back a deployment whose job died.", false),
        new("status", "Status", "Who works on the environment, and what its last deployment did.", false),
    ];

    public static readonly ImmutableArray<HostInput> Inputs =
    [
        new("config", "The configuration file, from the workspace.", InputKind.Text, Every) { Default = "safe-deploy.yml" },
        new("environment", "The environment whose section of the configuration is laid over the rest.", InputKind.Text, Every),
        new("image", "The image to release; wins over deploy.image.", InputKind.Text, Every),
        new("release", "What the release calls itself; wins over deploy.version.", InputKind.Text, Every),
        new("docker-host", "The Docker engine that the release runs on, e.g. tcp://10.0.0.5:2375; wins over deploy.docker.host.", InputKind.Text, Every)
        {
            Notes = [(CiHosts.GitHub, "Never set DOCKER_HOST: it would move the action's own container.")],
        },
        new("files", "SQL files or migration folders to judge, one a line, instead of what is pending; needs no database.", InputKind.Lines, ["plan"]),
        new("schema", "With files: a script that says what existed before; read, never executed.", InputKind.Text, ["plan"]),
        new("statistics", "Structure and sizes exported from production; wins over risk.statistics.", InputKind.Text, ["plan"]),
        new("trace", "With files: a scratch database (postgres://…) on which the files run for their real locks; its schemas are dropped.", InputKind.Text, ["plan"]),
        new("deployment", "The deployment to go on with; normally found by environment, run and release.", InputKind.Text, [.. Stages, "status"]),
        new("skip", "Leaves a stage out: backup (with pending migrations only together with reason).", InputKind.Lines, ["run"]) { Words = ["backup"] },
        new("reason", "Why; recorded in the ledger.", InputKind.Text, [.. Stages, "rollback", "recover"]),
        new("accept-serving", "The digest that serves now, named by a person, though the ledger knows another.", InputKind.Text, Stages),
        new("accept-drift", "true goes on although tenants at one version are built differently; needs reason.", InputKind.Flag, ["run", "preflight"]),
        new("park-for", "How long the deployment stays alive until its next step or job.", InputKind.Text, [.. Stages.Where(s => s != "run")]) { Default = "72h", Form = InputForm.Duration },
        new("to", "Goes back over several releases: a version or image digest that served before.", InputKind.Text, ["rollback"]),
        new("take-over", "true takes the deployment although it is parked within its time.", InputKind.Flag, ["rollback", "recover"]),
        new("own-run", "true takes only a deployment that this run of the CI began; any other is left alone.", InputKind.Flag, ["recover"]),
        new("dry-run", "true prints the decision and its actions and changes nothing.", InputKind.Flag, ["rollback", "recover"]),
        new("rollback-within", "The time box of the automatic rollback; at its end the current scope is finished, and recover goes on.", InputKind.Host, Stages)
        {
            Default = "4m",
            Form = InputForm.Duration,
            Notes = [(CiHosts.GitHub, "GitHub ends a cancelled job after five minutes."), (CiHosts.GitLab, "Keep it below the limit of after_script.")],
        },
        new("comment", "The pull request's comment: always, on-risk (when there is a risk, and to update one that stands), never.", InputKind.Host, ["plan"])
        {
            Default = "on-risk",
            Words = ["always", "on-risk", "never"],
            Notes = [(CiHosts.GitLab, NeedsToken)],
        },
        new("check-run", "true also reports the verdict as a check run with annotations; needs checks: write.", InputKind.Host, ["plan"]) { Default = "false", Words = ["true", "false"], On = CiHosts.GitHub },
        new("sarif", "true uploads the findings to code scanning; needs security-events: write.", InputKind.Host, ["plan"]) { Default = "false", Words = ["true", "false"], On = CiHosts.GitHub },
        new("github-deployments", "true reports the deployment to GitHub's Deployments API; a job with environment: does so by itself. Needs deployments: write.", InputKind.Host, [.. Stages, "rollback", "recover"]) { Default = "false", Words = ["true", "false"], On = CiHosts.GitHub },
        new("open-issue", "true opens one issue with a post-mortem skeleton after a rollback that needs a person.", InputKind.Host, [.. Stages, "rollback", "recover"])
        {
            Default = "false",
            Words = ["true", "false"],
            On = CiHosts.GitHub | CiHosts.GitLab,
            Notes = [(CiHosts.GitHub, "Needs issues: write."), (CiHosts.GitLab, $"It is confidential. {NeedsToken}")],
        },
        new("pull-request-status", "true reports the verdict as a status of the pull request, which a branch policy can require.", InputKind.Host, ["plan"]) { Default = "true", Words = ["true", "false"], On = CiHosts.Azure },
        new("threads", "The most findings that get a thread at their line, worst first; 0 for none.", InputKind.Host, ["plan"]) { Default = "5", Form = InputForm.Number, On = CiHosts.Azure },
        new("github-connection", "The service connection of a GitHub repository that Azure Pipelines builds: the comment goes there.", InputKind.Host, ["plan"]) { On = CiHosts.Azure },
        new("open-work-item", "true opens one work item with a post-mortem skeleton after a rollback that needs a person.", InputKind.Host, [.. Stages, "rollback", "recover"]) { Default = "false", Words = ["true", "false"], On = CiHosts.Azure },
        new("work-item-type", "The type of that work item, as the project's process calls it.", InputKind.Host, [.. Stages, "rollback", "recover"]) { Default = "Issue", On = CiHosts.Azure },
        new("artifact", "The artifact that the JSON reports go to; off for none.", InputKind.Host, Every) { Default = "safe-deploy", On = CiHosts.Azure },
        new("build-tags", "true tags the build with how its deployment ended.", InputKind.Host, [.. Stages, "rollback", "recover"]) { Default = "true", Words = ["true", "false"], On = CiHosts.Azure },
        new("run-in", "binary runs the program that the extension brings; image runs the container image, which has every client tool, where the agent has Docker.", InputKind.Host, Every) { Default = "binary", Words = ["binary", "image"], On = CiHosts.Azure },
        new("container-image", "With run-in image: the image; empty for the one of this version.", InputKind.Host, Every) { On = CiHosts.Azure },
        new("summary", "The job summary: always, failure, off.", InputKind.Host, Every)
        {
            Default = "always",
            Words = ["always", "failure", "off"],
            Notes = [(CiHosts.GitLab, "GitLab shows it in the job's artifact.")],
        },
        new("github-token", "The token for comments and reports; what it may not do is left out and named.", InputKind.Host, Every) { Default = "${{ github.token }}", On = CiHosts.GitHub },
        new("job-status", "Leave it alone: the post step reads from it how the job ended.", InputKind.Host, Every) { Default = "${{ job.status }}", On = CiHosts.GitHub },
    ];

    public static readonly ImmutableArray<HostOutput> Outputs =
    [
        new("deployment", "The deployment's id; empty when none was opened."),
        new("result", "succeeded, failed, refused, person-needed, usage or cancelled: the exit code as a word."),
        new("conclusion", "deployed, rolled-back, forbidden, incomplete, unverified, refused, cancelled or parked; for plan pass or refuse."),
        new("decision", "The letter of the rollback decision and its sentence; for plan the way back in advance."),
        new("previous-digest", "The image digest that served before."),
        new("digest", "The image digest that is released."),
        new("backup", "The id of the backup that this deployment took."),
        new("report", "Path of the JSON report, from the workspace."),
    ];

    public static HostVerb? Verb(string name) => Verbs.FirstOrDefault(v => v.Name == name);

    /// <summary>The inputs that a host has, in the order of the list.</summary>
    public static IEnumerable<HostInput> InputsOn(CiHosts host) => Inputs.Where(i => i.On.HasFlag(host));

    /// <summary>The inputs of one step, in the order of the list.</summary>
    public static IEnumerable<HostInput> InputsOf(string verb) => Inputs.Where(i => i.IsOf(verb));
}
