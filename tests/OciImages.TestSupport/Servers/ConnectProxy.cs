using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OciImages.TestSupport.Servers;

/// <summary>An HTTP proxy on loopback that makes tunnels (<c>CONNECT</c>), and nothing else.</summary>
public sealed class ConnectProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Func<string, int?> _portOf;
    private readonly string? _authorization;
    private readonly Task _accepting;

    private ConnectProxy(Func<string, int?> portOf, string? authorization)
    {
        (_portOf, _authorization) = (portOf, authorization);
        _listener.Start(128);
        _accepting = AcceptAsync();
    }

    /// <summary>Address and port.</summary>
    public string Authority => _listener.LocalEndpoint.ToString()!;

    /// <summary>The tunnels that were asked for, such as <c>registry.invalid:443</c>, with the status that was answered.</summary>
    public ConcurrentQueue<(string Target, int Status)> Tunnels { get; } = new();

    /// <summary>Starts a proxy.</summary>
    /// <param name="portOf">The loopback port that stands for a target; null to refuse the tunnel.</param>
    /// <param name="credentials">The user and the password that clients must have; null for nobody.</param>
    public static ConnectProxy Start(Func<string, int?> portOf, (string User, string Password)? credentials = null) => new(
        portOf, credentials is { } pair ? $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{pair.User}:{pair.Password}"))}" : null);

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
        try
        {
            await using var client = new NetworkStream(socket, ownsSocket: true);
            while (await ReadHeadAsync(client) is { } head)
            {
                string target = head[0].Split(' ')[1];
                int? port = head[0].StartsWith("CONNECT ", StringComparison.Ordinal) ? _portOf(target) : null;
                bool isKnown = _authorization is null || head.Contains($"Proxy-Authorization: {_authorization}");
                int status = !isKnown ? 407 : port is null ? 403 : 200;
                Tunnels.Enqueue((target, status));
                string wanted = isKnown ? "" : "Proxy-Authenticate: Basic realm=proxy\r\n";
                string length = status == 200 ? "" : "Content-Length: 0\r\n";
                await client.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} Status\r\n{wanted}{length}\r\n"), _stop.Token);
                if (status == 200)
                {
                    await TunnelAsync(client, port!.Value);
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }

    private async Task TunnelAsync(NetworkStream client, int port)
    {
        using var target = new TcpClient();
        await target.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
        var server = target.GetStream();
        await Task.WhenAny(client.CopyToAsync(server, _stop.Token), server.CopyToAsync(client, _stop.Token));
    }

    private async Task<string[]?> ReadHeadAsync(NetworkStream stream)
    {
        var head = new List<byte>();
        byte[] one = new byte[1];
        while (head.Count < 4 || !head[^4..].SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
                return null;
            head.Add(one[0]);
        }
        return Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
    }
}
