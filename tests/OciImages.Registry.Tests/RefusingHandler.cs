namespace OciImages.Registry.Tests;

/// <summary>Fails the test when anything is sent.</summary>
internal sealed class RefusingHandler : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Assert.Fail($"{request.Method} {request.RequestUri} was sent.");
        return Task.FromResult(new HttpResponseMessage());
    }
}
