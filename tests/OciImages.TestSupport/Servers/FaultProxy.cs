using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OciImages.TestSupport.Servers;

/// <summary>A TCP proxy on loopback that resets a connection after so many bytes towards the client, or from it.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    // Small, so that little is lost in them when a connection is reset.
    private const int SocketBuffer = 128 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly int _targetPort;
    private readonly Func<int, long?> _limit;
    private readonly Func<int, long?> _upLimit;
    private readonly Task _accepting;
    private long _up;
    private long _down;

    private FaultProxy(int targetPort, Func<int, long?> limit, Func<int, long?> upLimit)
    {
        _targetPort = targetPort;
        _limit = limit;
        _upLimit = upLimit;
        _listener.Server.ReceiveBufferSize = SocketBuffer;
        _listener.Server.SendBufferSize = SocketBuffer;
        _listener.Start(128);
        _accepting = AcceptAsync();
    }

    /// <summary>Address and port.</summary>
    public string Authority => _listener.LocalEndpoint.ToString()!;

    /// <summary>How many connections were accepted.</summary>
    public int Connections => _connections.Count;

    /// <summary>How many bytes came from clients, heads of requests included.</summary>
    public long BytesUp => Interlocked.Read(ref _up);

    /// <summary>How many bytes went to clients, heads of answers included.</summary>
    public long BytesDown => Interlocked.Read(ref _down);

    /// <summary>Starts a proxy in front of a loopback port.</summary>
    /// <param name="targetPort">The port.</param>
    /// <param name="limit">How many bytes a connection may bring, by its number from 0; null for all.</param>
    /// <param name="upLimit">How many bytes a connection may take from the client; null for no limit on any.</param>
    public static FaultProxy Start(int targetPort, Func<int, long?> limit, Func<int, long?>? upLimit = null) =>
        new(targetPort, limit, upLimit ?? (_ => null));

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
            for (int number = 0; ; number++)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                long limit = _limit(number) ?? long.MaxValue;
                long upLimit = _upLimit(number) ?? long.MaxValue;
                _connections.Add(Task.Run(() => ForwardAsync(client, limit, upLimit)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ForwardAsync(Socket client, long limit, long upLimit)
    {
        using var target = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveBufferSize = SocketBuffer,
            SendBufferSize = SocketBuffer,
        };
        using (client)
        {
            try
            {
                await target.ConnectAsync(IPAddress.Loopback, _targetPort, _stop.Token);
                var up = CopyAsync(client, target, upLimit, count => Interlocked.Add(ref _up, count));
                var down = CopyAsync(target, client, limit, count => Interlocked.Add(ref _down, count));
                // The client's end of its requests is no cut: the answer may still come.
                if (await Task.WhenAny(up, down) == down || !await up)
                    await down;
                client.LingerState = new LingerOption(true, 0);
                client.Close();
                target.Close();
                await up;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
            }
        }
    }

    /// <returns>Whether the limit was reached.</returns>
    private async Task<bool> CopyAsync(Socket from, Socket to, long limit, Action<int> passed)
    {
        byte[] buffer = new byte[16 * 1024];
        while (limit > 0)
        {
            int count = await from.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(limit, buffer.Length)), _stop.Token);
            if (count == 0)
                return false;
            await to.SendAsync(buffer.AsMemory(0, count), _stop.Token);
            passed(count);
            limit -= count;
        }
        return true;
    }
}
