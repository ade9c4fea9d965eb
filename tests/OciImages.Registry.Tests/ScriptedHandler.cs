using System.Collections.Concurrent;

namespace OciImages.Registry.Tests;

/// <summary>Stands for hosts that no test can reach: names of the public internet, and addresses of other networks.</summary>
internal sealed class ScriptedHandler(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
{
    public ConcurrentQueue<Uri> Requests { get; } = new();

    public ConcurrentQueue<string?> Authorizations { get; } = new();

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Enqueue(request.RequestUri!);
        Authorizations.Enqueue(request.Headers.Authorization?.ToString());
        var response = answer(request);
        response.RequestMessage = request;
        return Task.FromResult(response);
    }
}
