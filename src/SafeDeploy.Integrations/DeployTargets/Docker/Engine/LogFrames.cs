using System.Buffers.Binary;
using System.Text;

namespace SafeDeploy.Integrations.DeployTargets.Docker.Engine;

/// <summary>The engine's log stream of a container without a terminal: frames of an 8-byte head (stream, 0, 0, 0, length) and bytes.</summary>
public static class LogFrames
{
    private const int Head = 8;

    /// <summary>stdout and stderr together, in their order; what is left of a frame that was cut is kept.</summary>
    public static string Text(ReadOnlySpan<byte> frames)
    {
        // Collected as bytes: a character may be split over two frames.
        using var bytes = new MemoryStream();
        while (frames.Length > Head)
        {
            var length = Math.Min(BinaryPrimitives.ReadUInt32BigEndian(frames[4..Head]), (uint)(frames.Length - Head));
            bytes.Write(frames.Slice(Head, (int)length));
            frames = frames[(Head + (int)length)..];
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
