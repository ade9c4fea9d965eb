using System.Net;
using OciImages.Registry.Http;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Http;

public class EndpointTests
{
    [Theory]
    [InlineData("docker.io", "docker.io", "registry-1.docker.io")]
    [InlineData("index.docker.io", "docker.io", "registry-1.docker.io")]
    [InlineData("GHCR.io", "ghcr.io", "ghcr.io")]
    [InlineData("127.0.0.1:5000", "127.0.0.1:5000", "127.0.0.1:5000")]
    [InlineData("[::1]:5000", "[::1]:5000", "[::1]:5000")]
    public void Parse_Domain_GivesNameAndAuthority(string text, string name, string authority) =>
        Assert.Equal(new RegistryDomain(name, authority), RegistryDomain.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("user@host")]
    [InlineData("host:port")]
    [InlineData("host:99999")]
    [InlineData("host?x")]
    [InlineData("host#x")]
    [InlineData("ho st")]
    [InlineData("host\r\nX: y")]
    [InlineData("a\\b")]
    [InlineData("%31")]
    public void Parse_NotADomain_IsRefused(string text) =>
        Assert.Equal(OciErrorKind.InvalidInput, Assert.Throws<OciException>(() => RegistryDomain.Parse(text)).Kind);

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData("a/../b")]
    [InlineData("a//b")]
    [InlineData("/a")]
    [InlineData("a?b")]
    [InlineData("A")]
    public void GetRepository_PathUnfitForUrl_IsRefused(string path)
    {
        using var client = new RegistryClient();

        // The model may refuse it already; either way it is an OciException.
        Assert.Equal(OciErrorKind.InvalidInput, Assert.Throws<OciException>(() => client.GetRepository(Registries.Name("example.com", path))).Kind);
    }

    [Theory]
    [InlineData("registry.example.com", false)]
    [InlineData("10.0.0.1:5000", false)]
    [InlineData("registry.lan", true)]
    [InlineData("registry.lan:8080", true)]
    [InlineData("other.lan:5000", true)]
    [InlineData("other.lan:5001", false)]
    [InlineData("192.168.7.9", true)]
    public async Task Request_TlsFails_FallsBackOnlyWhereAllowed(string domain, bool isAllowed)
    {
        var handler = new ScriptedHandler(request => request.RequestUri!.Scheme == "https"
            ? throw new HttpRequestException(HttpRequestError.SecureConnectionError, "no TLS", new System.Security.Authentication.AuthenticationException("bad frame"))
            : new HttpResponseMessage());
        var options = Registries.Options(new SkippingClock());
        foreach (string name in (string[])["registry.lan", "other.lan:5000", "192.168.0.0/16"])
            options.InsecureRegistries.Add(name);
        using var client = new RegistryClient(handler, options);

        if (isAllowed)
            await client.PingAsync(domain);
        else
            await Assert.ThrowsAsync<RegistryException>(() => client.PingAsync(domain));

        Assert.Equal(isAllowed, handler.Requests.Any(url => url.Scheme == "http"));
    }

    [Fact]
    public async Task Request_InsecureButSpeaksTls_UsesTlsAndStaysThere()
    {
        bool isBroken = false;
        var handler = new ScriptedHandler(request => request.RequestUri!.Scheme == "https" && isBroken
            ? throw new HttpRequestException(HttpRequestError.SecureConnectionError, "broken")
            : new HttpResponseMessage());
        var options = Registries.Options(new SkippingClock(), new StaticCredentialSource("registry.lan", new RegistryCredential { UserName = "a", Password = "b" }));
        options.InsecureRegistries.Add("registry.lan");
        using var client = new RegistryClient(handler, options);

        await client.PingAsync("registry.lan");
        isBroken = true;
        await Assert.ThrowsAsync<RegistryException>(() => client.PingAsync("registry.lan"));

        Assert.All(handler.Requests, url => Assert.Equal("https", url.Scheme));
    }

    [Fact]
    public async Task Request_PlainAnswerIsWhatTlsPortsSay_TellsTheTlsFailure()
    {
        var handler = new ScriptedHandler(request => request.RequestUri!.Scheme == "https"
            ? throw new HttpRequestException(HttpRequestError.SecureConnectionError, "bad certificate")
            : new HttpResponseMessage(HttpStatusCode.BadRequest));
        using var client = new RegistryClient(handler, Registries.Options(new SkippingClock()));

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.PingAsync("localhost:5000"));

        Assert.Contains("no secure connection", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_Credentials_AreNotInIt()
    {
        await using var server = FaultServer.Start(request => request.Authorization is null ? new FaultResponse(401).With("WWW-Authenticate", "Basic realm=\"r\"") : FaultResponse.Json("{}"));
        using var client = new RegistryClient(Registries.Options(
            credentials: new StaticCredentialSource(server.Authority, new RegistryCredential { UserName = "a", Password = "b" })));

        await client.PingAsync(server.Authority);

        Assert.Equal([null, null, "Basic YTpi"], server.Requests.Select(request => request.Authorization));
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.255.0.9", true)]
    [InlineData("::1", true)]
    [InlineData("[::ffff:127.0.0.1]", true)]
    [InlineData("LOCALHOST", true)]
    [InlineData("registry.localhost.", true)]
    [InlineData("10.0.0.1", false)]
    [InlineData("localhost.example.com", false)]
    public void IsLoopback_Host_IsTold(string host, bool expected) => Assert.Equal(expected, PrivateAddresses.IsLoopback(host));

    [Theory]
    [InlineData("172.15.255.255", false)]
    [InlineData("172.16.0.1", true)]
    [InlineData("100.64.0.1", true)]
    [InlineData("0.0.0.0", true)]
    [InlineData("8.8.8.8", false)]
    [InlineData("224.0.0.1", true)]
    [InlineData("255.255.255.255", true)]
    [InlineData("[fe80::1%25eth0]", true)]
    [InlineData("[64:ff9b::a00:1]", true)]
    [InlineData("[2606:4700::1111]", false)]
    [InlineData("example.com", false)]
    public void Contains_Host_IsTold(string host, bool expected) => Assert.Equal(expected, PrivateAddresses.Contains(new Uri($"https://{host}/").Host));
}
