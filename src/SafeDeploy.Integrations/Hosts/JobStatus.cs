namespace SafeDeploy.Integrations.Hosts;

/// <summary>How the job stands when its post step runs, in the words of all CI hosts.</summary>
public static class JobStatus
{
    /// <summary>True for a job that failed or was cancelled; null when the word is none that a host says.</summary>
    /// <remarks>GitHub: success, failure, cancelled; Azure: Succeeded, SucceededWithIssues, Failed, Canceled; GitLab: success, failed, canceled, timedout.</remarks>
    public static bool? IsBad(string word) => word.ToLowerInvariant() switch
    {
        "success" or "succeeded" or "succeededwithissues" => false,
        "failure" or "failed" or "cancelled" or "canceled" or "timedout" => true,
        _ => null,
    };
}
