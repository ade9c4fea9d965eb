using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;

namespace OciImages.Registry.Http;

/// <summary>
/// Finds the scheme that a registry speaks. Always HTTPS, except for hosts that are allowed plain HTTP: these are asked once, without
/// any secret, over HTTPS and only when that fails over HTTP.
/// </summary>
/// <threadsafety>Safe for use by many threads.</threadsafety>
internal sealed class EndpointLocator(HttpTransport transport, HostPolicy policy, ILogger logger)
{
    // Holds only hosts that are allowed plain HTTP, of which there are few.
    private readonly ConcurrentDictionary<string, string> _schemes = new();

    public async ValueTask<RegistryEndpoint> FindAsync(RegistryDomain domain, CancellationToken cancellationToken)
    {
        var https = new RegistryEndpoint(domain, domain.Url(Uri.UriSchemeHttps));
        var http = new RegistryEndpoint(domain, domain.Url(Uri.UriSchemeHttp));
        if (!policy.AllowsPlainHttp(https.Url) && !policy.AllowsPlainHttp(http.Url))
            return https;
        if (!_schemes.TryGetValue(domain.Name, out string? scheme))
        {
            scheme = await ProbeAsync(https, http, cancellationToken).ConfigureAwait(false);
            _schemes[domain.Name] = scheme;
        }
        return scheme == Uri.UriSchemeHttps ? https : http;
    }

    /// <summary>
    /// Notes that a registry could not be reached: one that spoke plain HTTP is asked again the next time. HTTPS that worked once is
    /// kept, so that nobody on the way can talk the client down by breaking it.
    /// </summary>
    public void Suspect(RegistryEndpoint endpoint)
    {
        if (endpoint.IsPlainHttp)
            _schemes.TryRemove(endpoint.Domain.Name, out _);
    }

    private async Task<string> ProbeAsync(RegistryEndpoint https, RegistryEndpoint http, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await SendAsync(https, cancellationToken).ConfigureAwait(false);
            return Uri.UriSchemeHttps;
        }
        catch (Exception e) when (TransportFailure.IsTls(e) || e is TimeoutException || (https.Url.IsDefaultPort && TransportFailure.Is(e)))
        {
            if (!await AnswersAsync(http, cancellationToken).ConfigureAwait(false))
                throw;
        }
        RegistryLog.PlainHttp(logger, https.Domain.Name);
        return Uri.UriSchemeHttp;
    }

    private async Task<bool> AnswersAsync(RegistryEndpoint http, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await SendAsync(http, cancellationToken).ConfigureAwait(false);
            // What servers say to plain HTTP on a TLS port.
            return response.StatusCode != HttpStatusCode.BadRequest;
        }
        catch (Exception e) when (TransportFailure.Is(e))
        {
            return false;
        }
    }

    private Task<HttpResponseMessage> SendAsync(RegistryEndpoint endpoint, CancellationToken cancellationToken) =>
        transport.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(endpoint.Url, "/v2/")), cancellationToken);
}
