using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace SafeDeploy.Tests.Load;

/// <param name="Status">0 when no answer came.</param>
/// <param name="Failure">Why the exchange did not end well; null when a whole answer came, whatever its status.</param>
/// <param name="SaysWhenToRetry">The answer has Retry-After.</param>
internal readonly record struct RawAnswer(int Status, string? Version, string? Failure, bool SaysWhenToRetry = false);

/// <summary>
/// One HTTP/1.1 connection over a socket, because <see cref="HttpClient"/> may send a request again when a pooled
/// connection turns out to be closed, and would hide the very failures that are counted.
/// </summary>
internal sealed class RawHttp(LoadOptions options) : IDisposable
{
    private readonly byte[] _request = Encoding.ASCII.GetBytes(Text(options));
    private readonly byte[] _buffer = new byte[16 * 1024];
    private Socket? _socket;
    private int _from;
    private int _until;

    public void Dispose() => Close();

    public async Task<RawAnswer> ExchangeAsync()
    {
        using var timeout = new CancellationTokenSource(options.Timeout);
        var status = 0;
        try
        {
            var socket = await OpenAsync(timeout.Token);
            await socket.SendAsync(_request, timeout.Token);
            var head = await HeadAsync(socket, timeout.Token);
            status = head.Status;
            await SkipBodyAsync(socket, head, timeout.Token);
            if (head.Closes || !options.KeepAlive)
                Close();
            return new(status, head.Version, null, head.RetryAfter);
        }
        catch (Exception failure) when (Reason(failure, status) is { } reason)
        {
            Close();
            return new(status, null, reason);
        }
    }

    private static string? Reason(Exception failure, int status) => failure switch
    {
        OperationCanceledException => "timed out",
        EndOfStreamException => status == 0 ? "closed before an answer" : "closed inside an answer",
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "refused",
        SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown } => "reset",
        SocketException other => other.SocketErrorCode.ToString(),
        FormatException => "not HTTP",
        _ => null,
    };

    // A connection that the server has closed already is left before anything is sent on it; that is not a retry.
    private async Task<Socket> OpenAsync(CancellationToken cancellation)
    {
        if (_socket is { } open && !(open.Poll(0, SelectMode.SelectRead) && open.Available == 0))
            return open;
        Close();
        _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await _socket.ConnectAsync(options.Url.Host, options.Url.Port, cancellation);
        return _socket;
    }

    private async Task<Head> HeadAsync(Socket socket, CancellationToken cancellation)
    {
        var first = await LineAsync(socket, cancellation);
        if (!first.StartsWith("HTTP/1.", StringComparison.Ordinal) || first.Length < 12)
            throw new FormatException(first);
        var head = new Head(int.Parse(first.AsSpan(9, 3), CultureInfo.InvariantCulture), null, null, Chunked: false, Closes: first.StartsWith("HTTP/1.0", StringComparison.Ordinal));
        while (await LineAsync(socket, cancellation) is { Length: > 0 } line)
            head = head.With(line);
        // Without a length the end of the connection is the end of the body.
        return head.Length is null && !head.Chunked && head.Status is not 204 and not 304 ? head with { Closes = true } : head;
    }

    private async Task SkipBodyAsync(Socket socket, Head head, CancellationToken cancellation)
    {
        if (head.Chunked)
        {
            while (int.Parse((await LineAsync(socket, cancellation)).Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var size)
                await SkipAsync(socket, size + 2, cancellation);
            while (await LineAsync(socket, cancellation) is { Length: > 0 })
            {
                // Trailers say nothing that is counted.
            }
        }
        else if (head.Length is { } length)
        {
            await SkipAsync(socket, length, cancellation);
        }
        else if (head.Closes)
        {
            while (await FillAsync(socket, cancellation))
                _from = _until;
        }
    }

    private async Task SkipAsync(Socket socket, int count, CancellationToken cancellation)
    {
        while (count > 0)
        {
            if (_from == _until && !await FillAsync(socket, cancellation))
                throw new EndOfStreamException();
            var step = Math.Min(count, _until - _from);
            _from += step;
            count -= step;
        }
    }

    private async Task<string> LineAsync(Socket socket, CancellationToken cancellation)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_from == _until && !await FillAsync(socket, cancellation))
                throw new EndOfStreamException();
            var end = Array.IndexOf(_buffer, (byte)'\n', _from, _until - _from);
            line.Append(Encoding.ASCII.GetString(_buffer, _from, (end < 0 ? _until : end) - _from));
            _from = end < 0 ? _until : end + 1;
            if (end >= 0)
                return line.ToString().TrimEnd('\r');
        }
    }

    private async Task<bool> FillAsync(Socket socket, CancellationToken cancellation)
    {
        _from = 0;
        _until = await socket.ReceiveAsync(_buffer, cancellation);
        return _until > 0;
    }

    private void Close()
    {
        _socket?.Dispose();
        _socket = null;
        _from = _until = 0;
    }

    private static string Text(LoadOptions options) =>
        string.Create(CultureInfo.InvariantCulture, $"{options.Method} {options.Url.PathAndQuery} HTTP/1.1\r\nHost: {options.Url.Authority}\r\n")
        + string.Concat(options.Headers.Select(header => header + "\r\n"))
        + (options.KeepAlive ? "" : "Connection: close\r\n")
        + (options.Body is "" ? "" : "Content-Type: application/json\r\n")
        + string.Create(CultureInfo.InvariantCulture, $"Content-Length: {Encoding.ASCII.GetByteCount(options.Body)}\r\n\r\n{options.Body}");

    private sealed record Head(int Status, string? Version, int? Length, bool Chunked, bool Closes, bool RetryAfter = false)
    {
        public Head With(string line)
        {
            var (name, value) = line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
                ? (line[..colon], line[(colon + 1)..].Trim())
                : throw new FormatException(line);
            return name.ToUpperInvariant() switch
            {
                "X-APP-VERSION" => this with { Version = value },
                "RETRY-AFTER" => this with { RetryAfter = true },
                "CONTENT-LENGTH" => this with { Length = int.Parse(value, CultureInfo.InvariantCulture) },
                "TRANSFER-ENCODING" => this with { Chunked = value.Equals("chunked", StringComparison.OrdinalIgnoreCase) },
                "CONNECTION" when value.Equals("close", StringComparison.OrdinalIgnoreCase) => this with { Closes = true },
                _ => this,
            };
        }
    }
}
