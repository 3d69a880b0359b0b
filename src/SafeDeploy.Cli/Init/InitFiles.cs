using System.Globalization;
using System.Text;

namespace SafeDeploy.Cli.Init;

/// <summary>What was found → the files that <c>init</c> writes. Pure.</summary>
internal static class InitFiles
{
    public static string Configuration(ProjectFound found)
    {
        var text = new StringBuilder();
        text.Append("# How this project is released. Every key: docs/config.md of safe-deploy. What has to be decided by you is marked DECIDE.\n")
            .Append("# safe-deploy doctor says whether everything is there; safe-deploy plan what a release would do.\n")
            .Append("version: 1\nproject: ").Append(Quoted(found.Name)).Append("\n\n")
            .Append("database:\n  url: ${DATABASE_URL}                  # postgres://user:password@host:5432/database, from the environment\n\n");
        Tenants(text, found);
        Migrations(text, found);
        text.Append("risk:\n  fail_on: high                         # what plan and run refuse: info | low | medium | high | critical | never\n\n")
            .Append("backup:\n  store: ").Append(Quoted($"file:///var/backups/{found.Name}")).Append("    # DECIDE: a folder on a disk that survives the runner\n  verify: list\n\n");
        Deploy(text, found);
        text.Append("rollback:\n  automatic: true\n  database: auto                        # keep: the schema is never taken back by itself\n");
        return text.ToString();
    }

    private static void Tenants(StringBuilder text, ProjectFound found)
    {
        var own = found.Migrations.Any(m => m.IsOfTenants);
        if (found.TenantPattern is { } pattern)
            text.Append("tenants:\n  schemas: [ ").Append(Quoted(pattern)).Append(" ]      # found in the database; a query can name them too, see below\n\n");
        else if (own)
            text.Append("tenants:                                # DECIDE: where the tenants are listed\n  query: select schema_name from public.tenant where active order by schema_name\n  # or by name:  schemas: [ \"tenant_*\" ]\n  # canaries: [ tenant_demo ]           # migrated first\n\n");
        else
            text.Append("# tenants:                              # one schema per tenant\n#   query: select schema_name from public.tenant where active order by schema_name\n\n");
    }

    private static void Migrations(StringBuilder text, ProjectFound found)
    {
        var shared = found.Migrations.FirstOrDefault(m => !m.IsOfTenants);
        var tenants = found.Migrations.FirstOrDefault(m => m.IsOfTenants);
        text.Append("migrations:\n");
        Folder(text, "public", shared);
        Folder(text, "tenants", tenants);
        if (shared is null && tenants is null)
            text.Append("  public: { engine: sql, path: db/public }   # DECIDE: no folder of SQL migrations was found; an empty one is a beginning\n");
        foreach (var more in found.Migrations.Where(m => m != shared && m != tenants))
            text.Append("  # also found: ").Append(Comment(more.Path)).Append(" (").Append(more.Layout).Append(")\n");
        foreach (var other in found.OtherEngines)
            text.Append("  # ").Append(Comment(other)).Append(" was found: its own program migrates with engine: command, see docs/guides/command-engine.md\n");
        text.Append("  lock_timeout: 3s                      # how long a migration may stand in the traffic's way\n  statement_timeout: 15m\n  parallel: auto\n\n");
    }

    private static void Folder(StringBuilder text, string kind, FoundMigrations? found)
    {
        if (found is not null)
            text.Append(CultureInfo.InvariantCulture, $"  {kind}: {{ engine: sql, path: {Quoted(found.Path.Replace("${", "$${", StringComparison.Ordinal))} }}   # {found.Count} {(found.Count == 1 ? "migration" : "migrations")}, layout of {found.Layout}\n");
    }

    private static void Deploy(StringBuilder text, ProjectFound found)
    {
        if (found.Dockerfile is null)
        {
            text.Append("deploy:\n  target: none                          # no Dockerfile was found: migrations only. Others: docker, release-directory, command\n\n");
            return;
        }

        var image = found.Image is { } named ? Bare(named) : $"registry.example.com/{found.Name.ToLowerInvariant()}";
        text.Append("deploy:\n  target: docker                        # ").Append(Comment(found.Dockerfile)).Append(" was found\n")
            .Append("  image: ").Append(Quoted($"{image}:${{VERSION}}")).Append(found.Image is null ? "   # DECIDE: where the image is pushed\n" : $"   # from {Comment(found.ComposeFile ?? "")}\n")
            .Append("  version: ${VERSION}\n  maintenance: never                    # allowed: an incompatible release may hold traffic\n  docker:\n")
            .Append("    service: ").Append(Quoted(found.Name)).Append('\n')
            .Append(CultureInfo.InvariantCulture, $"    port: {found.Port ?? 8080}{(found.Port is null ? "                          # DECIDE: where the service listens in its container" : "                          # EXPOSE of the Dockerfile")}\n")
            .Append("    # env_file: backend.env\n    front: { mode: managed, listen: 80 }   # a HAProxy of ours; external and none are possible too\n\n")
            .Append("health:\n  readiness: ").Append(Quoted(found.Readiness ?? "/health")).Append(found.Readiness is null ? "                   # DECIDE: no health path was found in the sources\n" : "\n");
        if (found.Liveness is { } liveness && liveness != found.Readiness)
            text.Append("  liveness: ").Append(Quoted(liveness)).Append('\n');
        text.Append("  # version_header: X-App-Version       # proves that the new release answers, not the old one\n  within: 2m\n  soak: 5m\n  gates:\n    - { name: page, http: { path: /, errors: 1% } }\n\n");
    }

    /// <summary>Where the workflow is written, and what it says.</summary>
    public static (string Path, string Text) Workflow(ProjectFound found) => found.Ci switch
    {
        Ci.AzurePipelines => ("azure-pipelines.deploy.yml",
            """
            # Releases this project. The task is in the extension "safe-deploy"; DATABASE_URL is a secret variable of the pipeline.
            trigger: { tags: { include: [ "v*" ] } }
            pool: production                      # DECIDE: an agent that reaches the database and the engine
            steps:
              - checkout: self
              - task: SafeDeploy@1
                inputs: { step: run }
                env:
                  DATABASE_URL: $(DATABASE_URL)
                  VERSION: $(Build.SourceBranchName)

            """),
        Ci.GitLab => ("deploy.gitlab-ci.yml",
            """
            # Releases this project; include it from .gitlab-ci.yml. DATABASE_URL is a masked, protected variable.
            deploy:
              stage: deploy
              rules: [ { if: $CI_COMMIT_TAG } ]
              environment: production
              resource_group: production          # one deployment at a time
              interruptible: false
              variables: { VERSION: $CI_COMMIT_TAG }
              script: [ safe-deploy action run ]
              after_script: [ safe-deploy action run --post ]   # takes it back when the job failed or was cancelled before the commit point

            recover:                              # for a runner that died
              stage: .post
              needs: [ deploy ]
              rules: [ { if: $CI_COMMIT_TAG } ]
              when: on_failure
              environment: { name: production, action: access }
              resource_group: production
              variables: { VERSION: $CI_COMMIT_TAG, SAFE_DEPLOY_INPUT_OWN_RUN: "true" }
              script: [ safe-deploy action recover ]

            """),
        _ => (".github/workflows/deploy.yml",
            """
            # Releases this project when a version is tagged. DATABASE_URL is a secret of the environment "production".
            name: deploy
            on: { push: { tags: [ "v*" ] } }
            permissions: { contents: read }
            concurrency: { group: production, cancel-in-progress: false }
            jobs:
              deploy:
                runs-on: [ self-hosted, production ]   # DECIDE: a runner that reaches the database and the engine
                environment: production
                steps:
                  - uses: actions/checkout@v4
                  - uses: safe-deploy/migrate@v1
                    with: { step: run }
                    env:
                      DATABASE_URL: ${{ secrets.DATABASE_URL }}
                      VERSION: ${{ github.ref_name }}

            """),
    };

    private static string Bare(string image) => image.LastIndexOf(':') is var colon && colon > image.LastIndexOf('/') ? image[..colon] : image;

    /// <summary>A YAML text in double quotes; <c>${</c> of a name that was found is no variable.</summary>
    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
            quoted.Append(c is '"' or '\\' ? $"\\{c}" : char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString());
        return quoted.Append('"').ToString();
    }

    private static string Comment(string text) => new([.. text.Select(c => char.IsControl(c) ? '?' : c)]);
}
