using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace OciImages.TestSupport.Servers;

/// <summary>A small HTTP/1.1 server on loopback that answers as it is told, and breaks the protocol where it is told to.</summary>
public sealed class FaultServer : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly Func<FaultRequest, Task<FaultResponse>> _handler;
    private readonly X509Certificate2? _certificate;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Task _accepting;
    private int _count;

    private FaultServer(Func<FaultRequest, Task<FaultResponse>> handler, X509Certificate2? certificate, IPAddress address)
    {
        _handler = handler;
        _certificate = certificate;
        _listener = new TcpListener(address, 0);
        _listener.Start(128);
        _accepting = AcceptAsync();
    }

    /// <summary>The port.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Address and port, such as <c>127.0.0.1:40001</c>.</summary>
    public string Authority => _listener.LocalEndpoint.ToString()!;

    /// <summary>The root URL, without a slash at the end.</summary>
    public string Url => $"{(_certificate is null ? "http" : "https")}://{Authority}";

    /// <summary>All requests so far, in the order in which they came.</summary>
    public ConcurrentQueue<FaultRequest> Requests { get; } = new();

    /// <summary>
    /// Called while an answer stalls: the place to move a test's clock. Returns whether somebody's wait ended by that; the next call
    /// then comes much later, so that it does not hit the client's next attempt.
    /// </summary>
    public Func<bool>? Stalling { get; set; }

    /// <summary>Says after how many bytes of a request's body, by its method and target, the connection is reset; null for not at all.</summary>
    public Func<string, string, int?>? CutBody { get; set; }

    /// <summary>
    /// Answers a request that asks before it sends its body (<c>Expect: 100-continue</c>), by its head; null to have the body sent. Whatever of the
    /// body comes all the same is counted in <see cref="UnwantedBytes"/>.
    /// </summary>
    public Func<FaultRequest, FaultResponse?>? AnswerEarly { get; set; }

    /// <summary>How many bytes were sent after an early answer.</summary>
    public long UnwantedBytes { get; private set; }

    public static FaultServer Start(Func<FaultRequest, FaultResponse> handler, X509Certificate2? certificate = null, IPAddress? address = null) =>
        new(request => Task.FromResult(handler(request)), certificate, address ?? IPAddress.Loopback);

    public static FaultServer StartAsync(Func<FaultRequest, Task<FaultResponse>> handler, X509Certificate2? certificate = null) =>
        new(handler, certificate, IPAddress.Loopback);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                _connections.Add(Task.Run(() => ServeAsync(socket)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                socket.NoDelay = true;
                await using var plain = new NetworkStream(socket, ownsSocket: false);
                if (_certificate is null)
                {
                    await ServeAsync(socket, plain);
                    return;
                }
                await using var secure = new SslStream(plain);
                await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
                await ServeAsync(socket, secure);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException
                or System.Security.Authentication.AuthenticationException)
            {
                // The client went away, which some tests are about; or the test is over.
            }
        }
    }

    private async Task ServeAsync(Socket socket, Stream stream)
    {
        while (await ReadRequestAsync(stream) is { } request)
        {
            Requests.Enqueue(request);
            if (request.EarlyAnswer is { } early)
            {
                await WriteAsync(socket, stream, request, early);
                byte[] rest = new byte[16 * 1024];
                while (await stream.ReadAsync(rest, _stop.Token) is > 0 and var count)
                    UnwantedBytes += count;
                return;
            }
            var response = await _handler(request);
            if (request.IsCut)
                response = response with { EndAfter = -1, Ending = FaultEnding.Reset };
            if (!await WriteAsync(socket, stream, request, response))
                return;
        }
    }

    private async Task<FaultRequest?> ReadRequestAsync(Stream stream)
    {
        var head = new List<byte>();
        byte[] one = new byte[1];
        while (head.Count < 4 || !head[^4..].SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
                return null;
            head.Add(one[0]);
            // A TLS hello on a plain port: a server that speaks no TLS hangs up.
            if (head.Count == 1 && one[0] == 0x16)
                return null;
        }
        string[] lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] first = lines[0].Split(' ');
        var headers = lines.Skip(1).Select(line => line.Split(':', 2))
            .GroupBy(parts => parts[0].Trim(), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => string.Join(", ", group.Select(parts => parts[1].Trim())), StringComparer.OrdinalIgnoreCase);
        int length = int.Parse(headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture);
        int taken = length > 0 && CutBody?.Invoke(first[0], first[1]) is { } cut ? Math.Min(cut, length) : length;
        if (headers.ContainsKey("Expect"))
        {
            var asked = new FaultRequest(_count, first[0], first[1], headers, []);
            if (AnswerEarly?.Invoke(asked) is { } early)
                return asked with { Index = Interlocked.Increment(ref _count) - 1, EarlyAnswer = early };
            await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), _stop.Token);
        }
        byte[] body = new byte[taken];
        await stream.ReadExactlyAsync(body, _stop.Token);
        return new FaultRequest(Interlocked.Increment(ref _count) - 1, first[0], first[1], headers, body) { IsCut = taken < length };
    }

    /// <returns>Whether the connection goes on.</returns>
    private async Task<bool> WriteAsync(Socket socket, Stream stream, FaultRequest request, FaultResponse response)
    {
        if (response.EndAfter is not < 0)
        {
            var body = request.Method == "HEAD" ? default : response.Body[..Math.Min(response.EndAfter ?? response.Body.Length, response.Body.Length)];
            await stream.WriteAsync(Head(response), _stop.Token);
            await WriteBodyAsync(stream, body, response);
            await stream.FlushAsync(_stop.Token);
        }
        // What goes wrong within a body cannot go wrong where there is none.
        bool hasNoBody = request.Method == "HEAD" && response.EndAfter is not < 0;
        switch (hasNoBody ? FaultEnding.Complete : response.Ending)
        {
            case FaultEnding.Complete:
                return true;
            case FaultEnding.Reset:
                socket.LingerState = new LingerOption(true, 0);
                socket.Close();
                return false;
            case FaultEnding.Stall:
                await StallAsync(stream);
                return false;
            case FaultEnding.Endless:
                while (true)
                    await WriteBodyAsync(stream, response.Body, response with { Ending = FaultEnding.Close });
            default:
                return false;
        }
    }

    private static byte[] Head(FaultResponse response)
    {
        var head = new StringBuilder($"HTTP/1.1 {response.Status} Status\r\n");
        foreach (var (name, value) in response.Headers)
            head.Append($"{name}: {value}\r\n");
        if (response.IsChunked)
            head.Append("Transfer-Encoding: chunked\r\n");
        else if (response.ClaimedLength is not < 0)
            head.Append($"Content-Length: {response.ClaimedLength ?? response.Body.Length}\r\n");
        return Encoding.UTF8.GetBytes(head.Append("\r\n").ToString());
    }

    private async Task WriteBodyAsync(Stream stream, ReadOnlyMemory<byte> body, FaultResponse response)
    {
        if (!response.IsChunked)
        {
            await stream.WriteAsync(body, _stop.Token);
            return;
        }
        if (body.Length > 0)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{body.Length:x}\r\n"), _stop.Token);
            await stream.WriteAsync(body, _stop.Token);
            await stream.WriteAsync("\r\n"u8.ToArray(), _stop.Token);
        }
        if (response.Ending == FaultEnding.Complete)
            await stream.WriteAsync("0\r\n\r\n"u8.ToArray(), _stop.Token);
    }

    private async Task StallAsync(Stream stream)
    {
        var gone = stream.ReadAsync(new byte[1], _stop.Token).AsTask();
        int pause = 5;
        while (await Task.WhenAny(gone, Task.Delay(pause)) != gone)
            pause = Stalling?.Invoke() == true ? 1000 : 5;
        await gone;
    }
}
