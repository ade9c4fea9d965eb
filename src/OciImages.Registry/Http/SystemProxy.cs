using System.Net;

namespace OciImages.Registry.Http;

/// <summary>
/// The system's proxies (<c>HTTP_PROXY</c>, <c>HTTPS_PROXY</c>, <c>ALL_PROXY</c>, <c>NO_PROXY</c>), but never for this machine: what
/// listens on loopback here is not what listens there at the proxy. .NET's own leaves that to <c>NO_PROXY</c>; Docker does as here.
/// </summary>
internal sealed class SystemProxy(IWebProxy inner) : IWebProxy
{
    public ICredentials? Credentials
    {
        get => inner.Credentials;
        set => inner.Credentials = value;
    }

    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : inner.GetProxy(destination);

    public bool IsBypassed(Uri host) => PrivateAddresses.IsLoopback(host.Host) || inner.IsBypassed(host);
}
