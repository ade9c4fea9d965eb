using System.Net;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Http;

public class RedirectTests
{
    private static readonly byte[] Content = Registries.Bytes(300);
    private static readonly Descriptor Blob = Registries.Blob(Content);
    private static readonly RegistryCredential Ann = new() { UserName = "ann", Password = "s3cret-pw" };

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task OpenRead_RedirectToOtherPort_NoAuthorizationThereButRange(int status)
    {
        await using var storage = FaultServer.Start(request => FaultResponse.Blob(request, Content));
        await using var server = BasicServer(_ => FaultResponse.Redirect($"{storage.Url}/signed?secret=abc", status));
        using var client = ClientFor(server);

        Assert.Equal(Content[100..], await (await client.Repository(server).Blobs.OpenReadAsync(Blob, 100)).ReadAllAsync());

        Assert.Contains(server.Requests, request => request.Authorization is not null);
        var asked = Assert.Single(storage.Requests);
        Assert.Null(asked.Authorization);
        Assert.Equal("bytes=100-299", asked.Headers["Range"]);
        Assert.Equal("identity", asked.Headers["Accept-Encoding"]);
        Assert.Equal("/signed?secret=abc", asked.Target);
    }

    [Theory]
    [InlineData("/v2/other/blobs/x")]
    [InlineData("x?y=z")]
    public async Task OpenRead_RedirectWithinRegistry_KeepsAuthorization(string location)
    {
        await using var server = BasicServer(request => request.Path.EndsWith("/x", StringComparison.Ordinal)
            ? FaultResponse.Blob(request, Content)
            : FaultResponse.Redirect(location));
        using var client = ClientFor(server);

        Assert.Equal(Content, await (await client.Repository(server).Blobs.OpenReadAsync(Blob)).ReadAllAsync());
        Assert.NotNull(server.Requests.Last().Authorization);
    }

    [Fact]
    public async Task OpenRead_RedirectBackToRegistry_BringsAuthorizationAgain()
    {
        FaultServer? registry = null;
        await using var middle = FaultServer.Start(_ => FaultResponse.Redirect($"{registry!.Url}/end"));
        await using var server = BasicServer(request => request.Path == "/end" ? FaultResponse.Blob(request, Content) : FaultResponse.Redirect($"{middle.Url}/m"));
        registry = server;
        using var client = ClientFor(server);

        Assert.Equal(Content, await (await client.Repository(server).Blobs.OpenReadAsync(Blob)).ReadAllAsync());
        Assert.Null(Assert.Single(middle.Requests).Authorization);
    }

    [Fact]
    public async Task OpenRead_StorageWantsCredentials_GetsNone()
    {
        await using var storage = FaultServer.Start(_ => new FaultResponse(401).With("WWW-Authenticate", "Basic realm=\"steal\""));
        await using var server = BasicServer(_ => FaultResponse.Redirect($"{storage.Url}/s"));
        using var client = ClientFor(server);

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).Blobs.OpenReadAsync(Blob));

        Assert.Equal(OciErrorKind.Unauthorized, failure.Kind);
        Assert.Contains($"{storage.Authority}, where it redirects to, answered 401", failure.Message, StringComparison.Ordinal);
        Assert.Null(Assert.Single(storage.Requests).Authorization);
    }

    [Fact]
    public async Task OpenRead_CutAtStorage_StartsAgainFromRegistry()
    {
        int signed = 0;
        await using var storage = FaultServer.Start(request => request.Target == $"/s?sig={signed}"
            ? FaultResponse.Blob(request, Content) with { EndAfter = request.Range is null ? 100 : null, Ending = request.Range is null ? FaultEnding.Close : default }
            : new FaultResponse(403));
        await using var server = BasicServer(_ => FaultResponse.Redirect($"{storage.Url}/s?sig={++signed}"));
        using var client = ClientFor(server);

        Assert.Equal(Content, await (await client.Repository(server).Blobs.OpenReadAsync(Blob)).ReadAllAsync());
        Assert.Equal(["/s?sig=1", "/s?sig=2"], storage.Requests.Select(request => request.Target));
    }

    [Fact]
    public async Task Get_RedirectLoop_Ends()
    {
        await using var server = Registries.Serve(request => FaultResponse.Redirect(request.Target));
        using var client = new RegistryClient(Registries.Options(new SkippingClock()));

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).Manifests.GetAsync("v1"));

        Assert.Equal(OciErrorKind.Forbidden, failure.Kind);
        Assert.Contains("redirects once more after 10 redirects", failure.Message, StringComparison.Ordinal);
        Assert.Equal(11, server.Asked().Length);
    }

    [Theory]
    [InlineData("file:///etc/passwd", "neither https nor http")]
    [InlineData("ftp://127.0.0.1/x", "neither https nor http")]
    [InlineData("http://ann:pw@127.0.0.1/x", "user name in it")]
    [InlineData("http://[bad", "redirects to nowhere")]
    public async Task Get_RedirectToBadPlace_IsRefused(string location, string words)
    {
        await using var server = Registries.Serve(_ => FaultResponse.Redirect(location));
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).Manifests.GetAsync("v1"));

        Assert.Equal(OciErrorKind.Forbidden, failure.Kind);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pw", failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Asked());
    }

    [Theory]
    [InlineData("http://cdn.example.com/x", "from https to http")]
    [InlineData("https://127.0.0.1/x", "not public")]
    [InlineData("https://169.254.169.254/latest/meta-data", "not public")]
    [InlineData("https://[::ffff:169.254.169.254]/latest/meta-data", "not public")]
    [InlineData("https://[64:ff9b::a9fe:a9fe]/latest/meta-data", "not public")]
    [InlineData("https://2852039166/latest/meta-data", "not public")]
    [InlineData("https://0xa9.0xfe.0xa9.0xfe/latest/meta-data", "not public")]
    [InlineData("https://[fd00::1]/x", "not public")]
    [InlineData("http://localhost/x", "not public")]
    public async Task Get_PublicRegistryRedirectsDownOrInwards_IsRefused(string location, string words)
    {
        var handler = new ScriptedHandler(_ => new HttpResponseMessage(HttpStatusCode.TemporaryRedirect) { Headers = { { "Location", location } } });
        using var client = new RegistryClient(handler);

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.GetRepository(Registries.Name("registry.example.com")).Manifests.GetAsync("v1"));

        Assert.Equal(OciErrorKind.Forbidden, failure.Kind);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Single(handler.Requests);
    }

    [Fact]
    public async Task Get_TlsRegistryRedirectsToPlainLoopback_IsAllowedByPolicyOfLoopback()
    {
        using var certificate = TestCertificate.Create();
        await using var storage = FaultServer.Start(request => FaultResponse.Blob(request, Content));
        await using var server = FaultServer.Start(request => request.Path == "/v2/" ? FaultResponse.Json("{}") : FaultResponse.Redirect($"{storage.Url}/s"), certificate);
        using var client = new RegistryClient(TestCertificate.HandlerTrusting(certificate), disposeHandler: true);

        Assert.Equal(Content, await (await client.Repository(server).Blobs.OpenReadAsync(Blob)).ReadAllAsync());
    }

    [Fact]
    public async Task Get_HandlerThatFollowsRedirects_IsMisuse()
    {
        await using var storage = FaultServer.Start(request => FaultResponse.Blob(request, Content));
        await using var server = Registries.Serve(_ => FaultResponse.Redirect($"{storage.Url}/s"));
        using var handler = new SocketsHttpHandler();
        using var client = new RegistryClient(handler);

        await Assert.ThrowsAsync<InvalidOperationException>(() => client.Repository(server).Blobs.OpenReadAsync(Blob));
    }

    private static FaultServer BasicServer(Func<FaultRequest, FaultResponse> answer) => FaultServer.Start(
        request => request.Authorization is null ? new FaultResponse(401).With("WWW-Authenticate", "Basic realm=\"r\"") : answer(request));

    private static RegistryClient ClientFor(FaultServer server) =>
        new(Registries.Options(new SkippingClock(), new StaticCredentialSource(server.Authority, Ann)));
}
