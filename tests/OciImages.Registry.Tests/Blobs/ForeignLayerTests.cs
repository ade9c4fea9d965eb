using System.Net;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Blobs;

public class ForeignLayerTests
{
    private static readonly byte[] Content = Registries.Bytes(300);

    [Fact]
    public async Task OpenRead_RegistryHasNone_FetchesFromUrlWithoutCredentials()
    {
        var handler = new ScriptedHandler(request => request.RequestUri!.Host == "layers.example.org"
            ? new HttpResponseMessage { Content = new ByteArrayContent(Content) }
            : new HttpResponseMessage(request.Headers.Authorization is null ? HttpStatusCode.Unauthorized : HttpStatusCode.NotFound)
            {
                Headers = { { "WWW-Authenticate", "Basic realm=\"r\"" } },
            });
        using var client = new RegistryClient(handler, Registries.Options(
            credentials: new StaticCredentialSource("registry.example.com", new RegistryCredential { UserName = "a", Password = "b" })));

        var stream = await client.GetRepository(Registries.Name("registry.example.com")).Blobs
            .OpenReadAsync(Foreign("ftp://x/y", "https://127.0.0.1/x", "https://layers.example.org/l?k=v"));

        Assert.Equal(Content, await stream.ReadAllAsync());
        Assert.Equal(["registry.example.com", "registry.example.com", "layers.example.org"], handler.Requests.Select(url => url.Host));
        Assert.Equal([null, "Basic YTpi", null], handler.Authorizations);
    }

    [Theory]
    [InlineData("https://127.0.0.1/x")]
    [InlineData("https://169.254.169.254/x")]
    [InlineData("http://layers.example.org/x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://a:b@layers.example.org/x")]
    public async Task OpenRead_UrlUnfit_IsRefused(string url)
    {
        var handler = new ScriptedHandler(_ => new HttpResponseMessage(HttpStatusCode.NotFound));
        using var client = new RegistryClient(handler);

        var failure = await Assert.ThrowsAsync<RegistryException>(
            () => client.GetRepository(Registries.Name("registry.example.com")).Blobs.OpenReadAsync(Foreign(url)));

        Assert.Equal(OciErrorKind.Forbidden, failure.Kind);
        Assert.Single(handler.Requests);
    }

    [Fact]
    public async Task OpenRead_UrlRedirectsInwards_IsRefused()
    {
        var handler = new ScriptedHandler(request => request.RequestUri!.Host == "layers.example.org"
            ? new HttpResponseMessage(HttpStatusCode.Redirect) { Headers = { { "Location", "https://169.254.169.254/x" } } }
            : new HttpResponseMessage(HttpStatusCode.NotFound));
        using var client = new RegistryClient(handler);

        var failure = await Assert.ThrowsAsync<RegistryException>(
            () => client.GetRepository(Registries.Name("registry.example.com")).Blobs.OpenReadAsync(Foreign("https://layers.example.org/x")));

        Assert.Equal(OciErrorKind.Forbidden, failure.Kind);
        Assert.DoesNotContain(handler.Requests, url => url.Host == "169.254.169.254");
    }

    [Fact]
    public async Task OpenRead_OrdinaryLayerWithUrls_DoesNotAskThem()
    {
        var handler = new ScriptedHandler(_ => new HttpResponseMessage(HttpStatusCode.NotFound));
        using var client = new RegistryClient(handler);
        var blob = Foreign("https://layers.example.org/x") with { MediaType = MediaTypes.OciLayerGzip };

        await Assert.ThrowsAsync<RegistryException>(() => client.GetRepository(Registries.Name("registry.example.com")).Blobs.OpenReadAsync(blob));

        Assert.Single(handler.Requests);
    }

    [Fact]
    public async Task OpenRead_UrlOfNamedHost_IsResumedAsAnyOther()
    {
        await using var layers = FaultServer.Start(
            request => FaultResponse.Blob(request, Content) with { EndAfter = request.Range is null ? 100 : null, Ending = request.Range is null ? FaultEnding.Close : default });
        await using var server = Registries.Serve(_ => new FaultResponse(404));
        var options = Registries.Options(new SkippingClock());
        options.InsecureRegistries.Add(layers.Authority);
        using var client = new RegistryClient(options);

        Assert.Equal(Content, await (await client.Repository(server).Blobs.OpenReadAsync(Foreign($"{layers.Url}/l"))).ReadAllAsync());
    }

    private static Descriptor Foreign(params string[] urls) => Registries.Blob(Content, MediaTypes.DockerForeignLayer) with { Urls = urls };
}
