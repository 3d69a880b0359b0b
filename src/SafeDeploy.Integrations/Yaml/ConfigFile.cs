using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using SafeDeploy.Config;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Yaml;

/// <summary>Reads <c>safe-deploy.yml</c> from disk.</summary>
public static class ConfigFile
{
    private const int MostBytes = 1 << 20;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The configuration, or everything that is wrong with it. Never fails otherwise, whatever the file holds.</summary>
    /// <param name="path">As the person gave it; messages repeat it.</param>
    public static Task<ConfigReading> ReadAsync(string path, ConfigRequest request, CancellationToken cancellation) =>
        ReadAsync(path, root => ConfigReader.Read(root, request), cancellation);

    /// <summary>The same for a judgement of files: variables that are not set are asked for only below <c>risk:</c>.</summary>
    public static Task<ConfigReading> ReadRiskAsync(string path, ConfigRequest request, CancellationToken cancellation) => ReadAsync(
        path,
        root => ConfigReader.Read(root, request) is var whole && RiskSection.IsEnough(whole) ? RiskSection.Read(root, request) : whole,
        cancellation);

    private static async Task<ConfigReading> ReadAsync(string path, Func<ConfigNode, ConfigReading> read, CancellationToken cancellation)
    {
        try
        {
            var reading = read(YamlTree.Read(Text(await BytesAsync(path, cancellation), path), Shown(path)));
            return reading.Config is { Risk.ApprovalsFile: { } approvals } config
                ? reading with { Config = config with { Risk = config.Risk with { Approvals = await ApprovalsAsync(Path.Combine(Path.GetDirectoryName(path) ?? "", approvals), cancellation) } } }
                : reading;
        }
        catch (ProblemException failure)
        {
            return ConfigReading.Failed(failure.Problem);
        }
    }

    private static async Task<ImmutableArray<Approval>> ApprovalsAsync(string path, CancellationToken cancellation)
    {
        if (!File.Exists(path))
            throw Fail(YamlProblems.Missing, Shown(path), "risk.approvals names a file that is not there", "write it, or take the key out");
        var (approvals, wrong) = Approval.In(Text(await BytesAsync(path, cancellation), path));
        return wrong.IsEmpty
            ? approvals
            : throw Fail(
                YamlProblems.Unreadable,
                string.Create(CultureInfo.InvariantCulture, $"{Shown(path)}:{wrong[0]}"),
                "this line is no approval",
                "write it as: TABLE FILE sha256:HEX by=\"NAME\" because=\"REASON\" until=2027-01-31");
    }

    private static async Task<byte[]> BytesAsync(string path, CancellationToken cancellation)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
            throw Fail(YamlProblems.Missing, "(no path)", "the path of the configuration is empty or holds a NUL character", "give --config PATH");
        if (Directory.Exists(path))
            throw Fail(YamlProblems.IsFolder, Shown(path), $"{Shown(path)} is a folder", $"name the file: {Shown(path).TrimEnd('/')}/safe-deploy.yml");
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return await AtMostAsync(file, path, cancellation);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Fail(YamlProblems.Missing, Shown(path), "there is no such file", "run from the project's folder, give --config PATH, or make one with: safe-deploy init");
        }
        catch (UnauthorizedAccessException)
        {
            throw Fail(YamlProblems.Unreadable, Shown(path), "this user may not read the file", $"run: chmod u+r {Shown(path)}");
        }
        catch (IOException error)
        {
            throw Fail(YamlProblems.Unreadable, Shown(path), $"the file cannot be read: {error.Message}", "check the disk and the path");
        }
    }

    // Reads one byte past the limit instead of asking for the length: a pipe or a device has none.
    private static async Task<byte[]> AtMostAsync(FileStream file, string path, CancellationToken cancellation)
    {
        var buffer = new byte[MostBytes + 1];
        var length = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        if (length > MostBytes)
            throw Fail(YamlProblems.TooLarge, Shown(path), "the file is larger than 1 MiB", "name the right file with --config PATH");
        return buffer[..length];
    }

    private static string Text(byte[] bytes, string path)
    {
        ReadOnlySpan<byte> content = bytes;
        if (content.StartsWith(Encoding.UTF8.Preamble))
            content = content[Encoding.UTF8.Preamble.Length..];
        if (content.StartsWith(Encoding.Unicode.Preamble) || content.StartsWith(Encoding.BigEndianUnicode.Preamble))
            throw Fail(YamlProblems.NotText, Shown(path), "the file is saved as UTF-16", "save it as UTF-8");
        if (content.Contains((byte)0))
            throw Fail(YamlProblems.NotText, Shown(path), $"the file is binary: a NUL byte at offset {Offset(content.IndexOf((byte)0))}", "name a text file with --config PATH");
        try
        {
            var text = Strict.GetString(content);
            return text.Trim().Length > 0
                ? text
                : throw Fail(YamlProblems.Empty, Shown(path), "the file is empty", "make one with: safe-deploy init");
        }
        catch (DecoderFallbackException error)
        {
            throw Fail(YamlProblems.NotText, Shown(path), $"the file is not UTF-8: byte {Offset(error.Index)} begins no character", "save it as UTF-8");
        }
    }

    private static string Offset(int position) => position.ToString(CultureInfo.InvariantCulture);

    private static string Shown(string path) => string.Concat(path.Select(c => char.IsControl(c) ? '?' : c)).Replace('\\', '/');

    private static ProblemException Fail(ProblemInfo info, string where, string what, string next) =>
        new(YamlProblems.InFile(info, where, what, next));
}
