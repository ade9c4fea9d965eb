using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OciImages.Registry.Http;

/// <summary>
/// Opens the connections of a client. Checks addresses at the only place where no later look-up can bring others: where they are used.
/// </summary>
/// <threadsafety>Safe for use by many threads.</threadsafety>
internal sealed class Connector(
    RegistryClientOptions options, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null, Func<IPAddress, bool>? isPrivate = null)
{
    private const int MaxHosts = 4096;

    private readonly HostPolicy _policy = new(options);
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve = resolve ?? Dns.GetHostAddressesAsync;
    private readonly Func<IPAddress, bool> _isPrivate = isPrivate ?? PrivateAddresses.Contains;
    private readonly ConcurrentDictionary<string, bool> _ledToPrivate = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether every connection to the host of a URL so far led to a private address: what answers there is not the internet.</summary>
    public bool LedToPrivate(Uri url) => _ledToPrivate.TryGetValue(KeyOf(url.IdnHost, url.Port), out bool isPrivate) && isPrivate;

    /// <summary>Connects to any address.</summary>
    public ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken) =>
        ConnectAsync(context, mustBePublic: false, cancellationToken);

    /// <summary>Connects to public addresses, and to those that the user named.</summary>
    public ValueTask<Stream> ConnectPublicAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken) =>
        ConnectAsync(context, mustBePublic: true, cancellationToken);

    private static string KeyOf(string host, int port) => $"{host}:{port}";

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, bool mustBePublic, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = await _resolve(host, cancellationToken).ConfigureAwait(false);
        // A proxy is the user's choice; where it leads cannot be seen from here.
        // The request that asks it for a tunnel names the proxy itself.
        var (method, target) = (context.InitialRequestMessage.Method, context.InitialRequestMessage.RequestUri!);
        bool isProxy = method == HttpMethod.Connect || target.Port != port || !string.Equals(target.IdnHost, host, StringComparison.OrdinalIgnoreCase);
        if (mustBePublic && !isProxy)
        {
            addresses = Array.FindAll(addresses, address => !_isPrivate(address) || _policy.IsNamed(address));
            if (addresses.Length == 0)
            {
                throw new BlockedAddressException(
                    $"{PlainText.Clean(host, 200)} is refused: its address is not public, and it is not named in {nameof(RegistryClientOptions.TrustedHosts)}");
            }
        }
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken).ConfigureAwait(false);
            if (!isProxy)
                Note(KeyOf(host, port), socket.RemoteEndPoint as IPEndPoint);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void Note(string key, IPEndPoint? remote)
    {
        if (_ledToPrivate.Count >= MaxHosts)
            _ledToPrivate.Clear();
        bool isPrivate = remote is not null && _isPrivate(remote.Address);
        // Once public, public for good: who can answer from out there must not gain rights by a second address.
        _ledToPrivate.AddOrUpdate(key, isPrivate, (_, known) => known && isPrivate);
    }
}
