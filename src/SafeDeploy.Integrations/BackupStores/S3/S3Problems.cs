using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using Amazon.S3;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.BackupStores.S3;

/// <summary>What a server of the S3 protocol refuses, by its error codes (Amazon S3 API reference, "Error responses").</summary>
internal static class S3Problems
{
    /// <summary>Null when the failure is none of the store's.</summary>
    public static Problem? Of(Exception failure, string place) => failure switch
    {
        AmazonS3Exception refusal => BackupStoreProblems.Refused(
            place, $"the bucket's server refused the call: {Code(refusal)} (HTTP {(int)refusal.StatusCode})", refusal.Message, Next(refusal)),
        AmazonServiceException broken => BackupStoreProblems.Refused(
            place, "the bucket's server did not answer", broken.InnerException?.Message ?? broken.Message, "look whether backup.s3.endpoint is reached from here; then run again"),
        AmazonClientException client => BackupStoreProblems.Refused(
            place, "there are no credentials for the bucket, or the call could not be made", client.Message,
            "set backup.s3.access_key and secret_key, or give this machine credentials (variables, profile, role)"),
        // The client lets the innermost failure of a connection out as it is.
        HttpRequestException or HttpIOException or IOException { InnerException: SocketException } => BackupStoreProblems.Refused(
            place, "the bucket's server did not answer", failure.Message, "look whether backup.s3.endpoint is reached from here; then run again"),
        _ => null,
    };

    public static bool IsMissing(AmazonS3Exception refusal) =>
        refusal.ErrorCode is "NoSuchKey" or "NoSuchUpload" || (refusal.StatusCode == HttpStatusCode.NotFound && refusal.ErrorCode is not "NoSuchBucket");

    // An answer without a body, such as that to HEAD, has no code.
    private static string Code(AmazonS3Exception refusal) => refusal.ErrorCode is { Length: > 0 } code ? code : refusal.StatusCode.ToString();

    private static string Next(AmazonS3Exception refusal) => refusal.ErrorCode switch
    {
        "NoSuchBucket" => "create the bucket, or correct backup.store",
        "InvalidAccessKeyId" or "SignatureDoesNotMatch" => "correct backup.s3.access_key and secret_key",
        "ExpiredToken" or "InvalidToken" => "renew the credentials of this machine",
        "AccessDenied" or "AllAccessDisabled" or "AccountProblem" => "allow s3:ListBucket, GetObject, PutObject, DeleteObject, AbortMultipartUpload and ListBucketMultipartUploads there",
        "RequestTimeTooSkewed" => "set this machine's clock",
        "PermanentRedirect" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException" => "correct backup.s3.region: the bucket is in another one",
        "QuotaExceeded" or "EntityTooLarge" or "XMinioStorageFull" => "make room in the bucket, or choose another backup.store",
        _ => "read its words below, then run again",
    };
}
