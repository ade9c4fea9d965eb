using System.Net;

namespace OciImages.Registry.Http;

/// <summary>Makes the handler of a client that brings none.</summary>
internal static class ConnectionHandler
{
    public static SocketsHttpHandler Create(RegistryClientOptions options) => new()
    {
        // Redirects are followed by RedirectFollower: it decides where credentials may go.
        AllowAutoRedirect = false,
        // Digests are over the bytes as they travel.
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        Proxy = new SystemProxy(HttpClient.DefaultProxy),
        ConnectTimeout = TimeSpan.FromSeconds(30),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxConnectionsPerServer = options.MaxConnectionsPerHost,
        EnableMultipleHttp2Connections = true,
        // Trace identifiers are nobody's business out there.
        ActivityHeadersPropagator = null,
    };
}
