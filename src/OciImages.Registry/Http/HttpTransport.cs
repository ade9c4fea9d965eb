using Microsoft.Extensions.Logging;
using OciImages.Registry.Http.Mirrors;

namespace OciImages.Registry.Http;

/// <summary>Sends one message and returns when the answer's head is there, or throws what <see cref="TransportFailure"/> knows.</summary>
internal sealed class HttpTransport(HttpMessageHandler handler, bool disposeHandler, RegistryClientOptions options, ILogger logger) : IDisposable
{
    // Not an HttpClient: that one has a limit on the whole transfer and buffers.
    private readonly HttpMessageInvoker _invoker = new(handler, disposeHandler);

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var url = message.RequestUri!;
        message.Headers.TryAddWithoutValidation("User-Agent", options.UserAgent);
        message.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        // HTTP/2 where TLS agrees on it, else HTTP/1.1; that alone where streams must not share a connection.
        message.Version = message.Options.TryGetValue(RegistryRequest.OwnConnection, out bool own) && own
            ? System.Net.HttpVersion.Version11
            : System.Net.HttpVersion.Version20;
        message.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;

        using var watch = new IdleWatch(options.IdleTimeout, options.TimeProvider);
        if (message.Content is WatchedContent content)
            content.Watch = watch;
        HttpResponseMessage response;
        using (watch.Start(cancellationToken))
        {
            try
            {
                response = await _invoker.SendAsync(message, watch.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException e)
            {
                throw watch.Explain(e, cancellationToken);
            }
        }
        if (logger.IsEnabled(LogLevel.Debug))
            RegistryLog.Answered(logger, message.Method, Origin.Redact(url), (int)response.StatusCode);

        response.RequestMessage ??= message;
        if (response.RequestMessage.RequestUri is { } answered && !Origin.AreSame(answered, url))
        {
            response.Dispose();
            throw new InvalidOperationException("The client's HttpMessageHandler follows redirects itself; set AllowAutoRedirect to false.");
        }
        return response;
    }

    /// <summary>Opens the body of an answer for reading; it owns the answer.</summary>
    public async Task<ResponseBody> OpenBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            var tap = response.RequestMessage?.Options.TryGetValue(BodyTap.Key, out var found) == true ? found : null;
            return new ResponseBody(response, stream, new IdleWatch(options.IdleTimeout, options.TimeProvider), new PaceWatch(options.MinBytesPerMinute, options.TimeProvider), tap);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    public void Dispose() => _invoker.Dispose();
}
