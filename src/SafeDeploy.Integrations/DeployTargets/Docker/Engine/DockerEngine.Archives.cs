using System.Formats.Tar;
using System.Net;

namespace SafeDeploy.Integrations.DeployTargets.Docker.Engine;

public sealed partial class DockerEngine
{
    private static readonly TimeSpan LongestCopy = TimeSpan.FromHours(6);

    /// <summary>Copies a file of this machine into a folder of the container, its binds included, running or not.</summary>
    public async Task PutFileAsync(string id, string folder, string name, string file, CancellationToken cancellation)
    {
        using var content = new TarredFile(name, file);
        await ChangeAsync(HttpMethod.Put, $"containers/{Escape(id)}/archive?path={Escape(folder)}", content, LongestCopy, [], cancellation);
    }

    /// <summary>Copies a file of the container to a new file of this machine, readable by its owner only; false when there is none.</summary>
    public async Task<bool> CopyFileAsync(string id, string path, string file, CancellationToken cancellation)
    {
        using var answer = await CallAsync(HttpMethod.Get, $"containers/{Escape(id)}/archive?path={Escape(path)}", null, Quick, [HttpStatusCode.NotFound], cancellation);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return false;
        await using var tar = new TarReader(await answer.Content.ReadAsStreamAsync(cancellation));
        if (await tar.GetNextEntryAsync(copyData: false, cancellation) is not { EntryType: TarEntryType.RegularFile or TarEntryType.V7RegularFile } entry)
            return false;
        var options = new FileStreamOptions
        {
            Mode = System.IO.FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            Options = FileOptions.Asynchronous,
        };
        await using var copy = new FileStream(file, options);
        await (entry.DataStream ?? Stream.Null).CopyToAsync(copy, cancellation);
        return copy.Length == entry.Length;
    }

    /// <summary>One file as an archive, written as it is sent: it may be larger than this machine's memory.</summary>
    private sealed class TarredFile : HttpContent
    {
        private readonly string _name;
        private readonly string _file;

        public TarredFile(string name, string file)
        {
            (_name, _file) = (name, file);
            Headers.ContentType = new("application/x-tar");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await using var data = File.OpenRead(_file);
            await using var writer = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true);
            await writer.WriteEntryAsync(
                new PaxTarEntry(TarEntryType.RegularFile, _name) { Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite, DataStream = data }, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
