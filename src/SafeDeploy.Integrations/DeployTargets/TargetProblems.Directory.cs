using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.DeployTargets;

public static partial class TargetProblems
{
    public static ProblemException NoArtifact(string reference, string why) => new(
        ArtifactMissing.Occurred($"the release \"{reference}\" cannot be used: {why}", "deploy.image", ServesOn, Stopping,
            "put a folder or a .tar.gz there, then run again"));

    public static ProblemException CanNotUseFolder(string path, string why, Exception? inner = null) => new(
        FolderUnusable.Occurred($"\"{path}\" cannot be used: {why}", "deploy.release_directory", ServesOn, Stopping,
            "correct the rights of the folder, or free space; then run again"), inner);
}
