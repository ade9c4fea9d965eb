using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace OciImages.Registry.Http;

/// <summary>
/// Sends each message over connections that fit its host's TLS, and keeps connections that may lead anywhere apart from those that may
/// lead only to public addresses, so that nobody gets at the first kind by somebody else's rights.
/// </summary>
/// <threadsafety>Safe for use by many threads.</threadsafety>
internal sealed class HostHandler(RegistryClientOptions options, Connector connector, ILogger logger) : HttpMessageHandler
{
    /// <summary>Set on messages to places that a registry names: the registry.</summary>
    public static readonly HttpRequestOptionsKey<RegistryEndpoint> NamedBy = new("OciImages.NamedBy");

    private readonly HostPolicy _policy = new(options);
    private readonly ConcurrentDictionary<ConnectionProfile, Lazy<Task<HttpMessageInvoker>>> _pools = new();
    private readonly ConcurrentBag<HttpMessageInvoker> _invokers = [];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var url = request.RequestUri!;
        bool isSecure = url.Scheme == Uri.UriSchemeHttps;
        var profile = new ConnectionProfile(
            isSecure ? HostTls.FindDirectory(options.CertificateDirectories, url) : null,
            isSecure && _policy.AllowsAnyCertificate(url),
            request.Options.TryGetValue(NamedBy, out var registry) && _policy.MustBePublic(url, registry)
                && (registry.IsForeign || !connector.LedToPrivate(registry.Url)));
        var pool = _pools.GetOrAdd(profile, static (profile, self) => new(() => self.CreateAsync(profile)), this);
        HttpMessageInvoker invoker;
        try
        {
            invoker = await pool.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OciException)
        {
            // The directory is to be read again once it was repaired.
            _pools.TryRemove(new(profile, pool));
            throw;
        }
        return await invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var invoker in _invokers)
                invoker.Dispose();
        }
        base.Dispose(disposing);
    }

    private async Task<HttpMessageInvoker> CreateAsync(ConnectionProfile profile)
    {
        var handler = ConnectionHandler.Create(options);
        handler.ConnectCallback = profile.MustBePublic ? connector.ConnectPublicAsync : connector.ConnectAsync;
        if (profile.CertificateDirectory is { } directory)
            (await HostTls.LoadAsync(directory).ConfigureAwait(false)).ApplyTo(handler.SslOptions);
        if (profile.AcceptsAnyCertificate)
        {
#pragma warning disable CA5359 // The user named these hosts, and plain HTTP would be no safer.
            handler.SslOptions.RemoteCertificateValidationCallback = AcceptAny;
#pragma warning restore CA5359
        }
        var invoker = new HttpMessageInvoker(handler);
        _invokers.Add(invoker);
        return invoker;
    }

    private bool AcceptAny(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors != SslPolicyErrors.None)
            RegistryLog.TlsNotVerified(logger, (sender as SslStream)?.TargetHostName ?? "an insecure registry");
        return true;
    }
}
