using static SafeDeploy.Config.Keys;

namespace SafeDeploy.Config;

/// <summary>The keys of <c>backup</c>.</summary>
internal static class BackupSchema
{
    private const int LongestDays = 3650;

    public static readonly SectionShape Keep = new(
    [
        Key("days", ScalarTypes.Whole(1, LongestDays), "A younger set is never pruned.") with { Default = ["30"] },
        Key("at_least", ScalarTypes.Whole(1, 1000), "So many of the newest sets are never pruned, however old.") with { Default = ["3"] },
    ],
    []);

    public static readonly SectionShape S3 = new(
    [
        Key("endpoint", PlaceTypes.HttpUrl, "A server of the S3 protocol; absent: AWS."),
        Key("region", ScalarTypes.Text, "The bucket's region; absent: as the machine's own AWS configuration says."),
        Key("path_style", ScalarTypes.YesNo, "The bucket stands in the path, not in the host's name; most servers that are not AWS want it.") with { Default = ["false"] },
        Key("access_key", ScalarTypes.HiddenText, "Absent: the machine's own credentials (variables, profile, role)."),
        Key("secret_key", ScalarTypes.HiddenText, "Belongs to `access_key`."),
    ],
    []);

    public static readonly SectionShape Command = new(
    [
        Program("put", "Keeps the file `SAFE_DEPLOY_FILE` under the name `SAFE_DEPLOY_NAME`, in place of one that has it; ends with 0 only when it is safe there."),
        Program("get", "Writes what is kept under `SAFE_DEPLOY_NAME` to `SAFE_DEPLOY_FILE`."),
        Program("list", "Prints every name that is kept and begins with `SAFE_DEPLOY_NAME`, one a line; others may be among them."),
        Program("delete", "Removes what is kept under `SAFE_DEPLOY_NAME`; ends with 0 when it is not there."),
    ],
    []);

    public static readonly SectionShape Require = new(
    [
        Key("recent", ScalarTypes.Duration(TimeSpan.FromMinutes(1)), "A verified set of everything has to be younger than this before a deployment starts; absent: the deployment's own backup is enough."),
        Key("restored", ScalarTypes.Duration(TimeSpan.FromMinutes(1)), "A set has to have been proved by restoring it within this time (`backup --verify restore`); absent: not asked."),
    ],
    []);

    public static readonly SectionShape Backup = new(
    [
        Key("store", PlaceTypes.Store, "Where backups are kept: a folder on a disk that survives the runner (`host:///` reaches one of the machine from inside a container), a bucket, or `command`.") with
        { Required = true, NotBuilt = ["gs://", "az://"] },
        Section("s3", S3, "How the bucket is reached; with `s3://` only."),
        Section("command", Command, "The programs that keep the sets; with `store: command` only. Each finds in its environment what it is asked."),
        Key("verify", ScalarTypes.Choice(("checksum", BackupVerification.Checksum), ("list", BackupVerification.List), ("restore", BackupVerification.Restore)),
            "How a backup is proved before it counts: its files' SHA-256, also its table of contents, or also by restoring it into a scratch database and comparing fingerprints.") with
        { Default = ["list"] },
        Key("scratch", ScalarTypes.Database, "A server (and a database on it to start from) where `verify: restore` makes its scratch database; absent: the target server.") with
        { NotBuilt = ["mysql://", "mariadb://", "sqlite://", "sqlserver://"] },
        List("files", PlaceTypes.File, "Files and folders that belong to the backup, such as configuration and media."),
        Section("keep", Keep, "Which sets are pruned after a new one is complete; absent: none. The newest verified set and those that a live release needs are always kept."),
        Key("same_disk", ScalarTypes.Choice(("refused", false), ("allowed", true)),
            "Whether the folder may be on the file system that the database itself is on, where one broken disk takes both; asked where the server is on this machine and tells its folder.") with
        { Default = ["refused"] },
        Section("require", Require, "What preflight asks of the sets that are there already."),
        Key("client", PlaceTypes.AbsolutePath, "The folder of `pg_dump` and `pg_restore`; absent: found by PATH. They must be as new as the server."),
    ],
    []);

    private static ConfigField Program(string name, string prose) => List(name, ScalarTypes.AnyText, prose, least: 1) with { Required = true };
}
