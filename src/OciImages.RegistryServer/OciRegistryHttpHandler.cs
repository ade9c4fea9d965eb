using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OciImages.RegistryServer.Internal;

namespace OciImages.RegistryServer;

/// <summary>
/// Sends requests to a registry in this process without a socket, for tests: <c>new HttpClient(new OciRegistryHttpHandler(registry))</c>. The
/// same code answers; the host part of URLs is ignored.
/// </summary>
/// <threadsafety>Safe for use by many threads at once.</threadsafety>
public sealed class OciRegistryHttpHandler : HttpMessageHandler
{
    private readonly OciRegistry _registry;

    /// <summary>Makes a handler.</summary>
    /// <param name="registry">The registry; disposing the handler leaves it alone.</param>
    public OciRegistryHttpHandler(OciRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        _registry = registry;
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var response = new InProcessResponse(cancellationToken);
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(await DescribeAsync(request, cancellationToken).ConfigureAwait(false));
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(response);
        features.Set<IHttpRequestLifetimeFeature>(response);
        _ = RunAsync(new DefaultHttpContext(features), response);
        await response.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
        return Message(request, response);
    }

    private static async Task<HttpRequestFeature> DescribeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var uri = request.RequestUri ?? throw new InvalidOperationException("The request has no URI.");
        var feature = new HttpRequestFeature
        {
            Method = request.Method.Method,
            Scheme = uri.Scheme,
            Protocol = "HTTP/1.1",
            Path = PathString.FromUriComponent(uri).Value ?? "",
            QueryString = uri.Query,
            RawTarget = uri.PathAndQuery,
        };
        feature.Headers.Host = uri.Authority;
        foreach (var (name, values) in request.Headers.NonValidated)
            feature.Headers[name] = values.ToArray();
        if (request.Content is { } content)
        {
            feature.Headers.ContentLength = content.Headers.ContentLength;
            foreach (var (name, values) in content.Headers.NonValidated)
                feature.Headers[name] = values.ToArray();
            feature.Body = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        }
        return feature;
    }

    private async Task RunAsync(DefaultHttpContext context, InProcessResponse response)
    {
        // Not on the caller's thread, which only waits for the headers.
        await Task.Yield();
        try
        {
            await _registry.HandleAsync(context).ConfigureAwait(false);
            await response.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            response.Fail(e);
        }
    }

    private static HttpResponseMessage Message(HttpRequestMessage request, InProcessResponse response)
    {
        var message = new HttpResponseMessage((HttpStatusCode)response.StatusCode) { RequestMessage = request, Version = HttpVersion.Version11 };
        message.Content = request.Method == HttpMethod.Head ? new ByteArrayContent([]) : new StreamContent(response.Body);
        foreach (var (name, values) in response.SentHeaders)
        {
            if (!message.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                message.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
        return message;
    }
}
