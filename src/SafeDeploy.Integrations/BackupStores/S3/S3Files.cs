using System.Collections.Immutable;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using SafeDeploy.Config;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.BackupStores.S3;

/// <summary>Objects of one bucket, below one prefix, through a server of the S3 protocol.</summary>
public sealed class S3Files : IRemoteFiles, IDisposable
{
    // Amazon S3 user guide, "Multipart upload limits": parts of 5 MiB to 5 GiB, at most 10,000 of them.
    private const int MostParts = 10_000;
    private const int Attempts = 3;

    private readonly Lazy<AmazonS3Client> _opened;
    private readonly string _bucket;
    private readonly string _prefix;
    private readonly S3Limits _limits;

    /// <param name="store"><c>s3://bucket/prefix</c>.</param>
    public S3Files(Uri store, S3Settings? settings, S3Limits limits)
    {
        (_bucket, _limits) = (store.Host, limits);
        var path = Uri.UnescapeDataString(store.AbsolutePath).Trim('/');
        _prefix = path.Length == 0 ? "" : path + "/";
        // Opened by the first call, where a machine without region or credentials can be told so.
        _opened = new Lazy<AmazonS3Client>(() => Opened(settings, limits.Retries), LazyThreadSafetyMode.PublicationOnly);
    }

    private AmazonS3Client Client => _opened.Value;

    public void Dispose()
    {
        if (_opened.IsValueCreated)
            _opened.Value.Dispose();
    }

    public string PlaceOf(string name) => $"s3://{_bucket}/{_prefix}{name}";

    public bool AreElsewhere => true;

    public Task PutAsync(string name, string file, CancellationToken cancellation) => ToldAsync(name, async () =>
    {
        var length = new FileInfo(file).Length;
        if (length > _limits.PartSize)
            await PutInPartsAsync(name, file, length, cancellation);
        else
            // Without chunks the signature is over the SHA-256 of the whole: the server refuses what arrives otherwise.
            await Client.PutObjectAsync(
                new PutObjectRequest { BucketName = _bucket, Key = _prefix + name, FilePath = file, UseChunkEncoding = false }, cancellation);
        return true;
    });

    public Task<bool> GetAsync(string name, string file, CancellationToken cancellation) => ToldAsync(name, async () =>
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var answer = await Client.GetObjectAsync(new GetObjectRequest { BucketName = _bucket, Key = _prefix + name }, cancellation);
                await SaveAsync(answer, file, cancellation);
                return true;
            }
            catch (AmazonS3Exception refusal) when (S3Problems.IsMissing(refusal))
            {
                return false;
            }
            catch (HttpIOException) when (attempt < Attempts)
            {
                // The connection broke within the body, which the client does not repeat by itself.
                continue;
            }
        }
    });

    public Task<ImmutableArray<string>> ListAsync(string prefix, CancellationToken cancellation) => ToldAsync(prefix, async () =>
    {
        var names = ImmutableArray.CreateBuilder<string>();
        var request = new ListObjectsV2Request { BucketName = _bucket, Prefix = _prefix + prefix };
        ListObjectsV2Response page;
        do
        {
            page = await Client.ListObjectsV2Async(request, cancellation);
            names.AddRange(page.S3Objects.Select(o => o.Key[_prefix.Length..]));
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated);
        return names.ToImmutable();
    });

    public Task DeleteAsync(string name, CancellationToken cancellation) => ToldAsync(name, async () =>
    {
        await Client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = _bucket, Key = _prefix + name }, cancellation);
        return true;
    });

    public Task SweepAsync(string prefix, CancellationToken cancellation) => ToldAsync(prefix, async () =>
    {
        var page = await Client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = _bucket, Prefix = _prefix + prefix }, cancellation);
        foreach (var upload in page.MultipartUploads.Where(u => u.Key.StartsWith(_prefix + prefix, StringComparison.Ordinal)))
            await AbortAsync(upload.Key, upload.UploadId, cancellation);
        return true;
    });

    private async Task PutInPartsAsync(string name, string file, long length, CancellationToken cancellation)
    {
        var key = _prefix + name;
        var begun = await Client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = _bucket, Key = key }, cancellation);
        try
        {
            var size = Math.Max(_limits.PartSize, (length + MostParts - 1) / MostParts);
            var parts = new List<PartETag>();
            for (long at = 0; at < length; at += size)
                parts.Add(await PutPartAsync(begun, file, parts.Count + 1, at, Math.Min(size, length - at), cancellation));
            await Client.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest { BucketName = _bucket, Key = key, UploadId = begun.UploadId, PartETags = parts }, cancellation);
            await RequireWholeAsync(name, length, cancellation);
        }
        catch
        {
            // Parts of an upload that never ends cost money and are in no list.
            await AbortAsync(key, begun.UploadId, CancellationToken.None);
            throw;
        }
    }

    private async Task<PartETag> PutPartAsync(
        InitiateMultipartUploadResponse begun, string file, int number, long at, long size, CancellationToken cancellation)
    {
        var part = await Client.UploadPartAsync(
            new UploadPartRequest
            {
                BucketName = begun.BucketName,
                Key = begun.Key,
                UploadId = begun.UploadId,
                PartNumber = number,
                FilePath = file,
                FilePosition = at,
                PartSize = size,
                UseChunkEncoding = false,
            },
            cancellation);
        return new PartETag(number, part.ETag);
    }

    /// <summary>The answer to a completed upload may begin with 200 and end in an error; the object itself is asked.</summary>
    private async Task RequireWholeAsync(string name, long length, CancellationToken cancellation)
    {
        var kept = await Client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = _bucket, Key = _prefix + name }, cancellation);
        if (kept.ContentLength != length)
            throw new ProblemException(BackupStoreProblems.Refused(PlaceOf(name), $"the bucket has {kept.ContentLength} bytes of {length}", "", "run again"));
    }

    private async Task AbortAsync(string key, string upload, CancellationToken cancellation)
    {
        try
        {
            await Client.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = _bucket, Key = key, UploadId = upload }, cancellation);
        }
        catch (Exception failure) when (S3Problems.Of(failure, key) is not null)
        {
            // It is gone, or the server is: the first failure is the one that is told, and the next try sweeps.
            return;
        }
    }

    private static async Task SaveAsync(GetObjectResponse answer, string file, CancellationToken cancellation)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            Options = FileOptions.Asynchronous,
        };
        await using var stream = new FileStream(file, options);
        await answer.ResponseStream.CopyToAsync(stream, cancellation);
    }

    private async Task<T> ToldAsync<T>(string name, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception failure) when (S3Problems.Of(failure, PlaceOf(name)) is { } problem)
        {
            throw new ProblemException(problem, failure);
        }
    }

    private static AmazonS3Client Opened(S3Settings? settings, int retries) => settings is { AccessKey: { } key, SecretKey: { } secret }
        ? new AmazonS3Client(new BasicAWSCredentials(key.Reveal(), secret.Reveal()), Configuration(settings, retries))
        : new AmazonS3Client(Configuration(settings, retries));

    private static AmazonS3Config Configuration(S3Settings? settings, int retries)
    {
        var configuration = new AmazonS3Config { ForcePathStyle = settings is { PathStyle: true }, MaxErrorRetry = retries, RetryMode = RequestRetryMode.Standard };
        if (settings?.Endpoint is { } endpoint)
        {
            configuration.ServiceURL = endpoint.ToString();
            // A server that is not AWS has no region; the signature names one all the same.
            configuration.AuthenticationRegion = settings.Region ?? "us-east-1";
        }
        else if (settings?.Region is { } region)
        {
            configuration.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }

        return configuration;
    }
}
