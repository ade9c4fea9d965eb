using System.Text;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Manifests;

public class ManifestOperationsTests
{
    private static readonly byte[] Body = RequestKind.Manifest;
    private static readonly Digest BodyDigest = Digest.Compute(Body);

    [Fact]
    public async Task Resolve_HeadSaysAll_AsksOnce()
    {
        await using var server = Registries.Serve(_ => RequestKind.GoodManifest());
        using var client = new RegistryClient();

        var descriptor = await client.Repository(server).Manifests.ResolveAsync("v1");

        Assert.Equal(new Descriptor(MediaTypes.OciManifest, BodyDigest, Body.Length), descriptor);
        var request = Assert.Single(server.Asked());
        Assert.Equal("HEAD", request.Method);
        Assert.Equal("/v2/team/app/manifests/v1", request.Target);
        Assert.Equal(string.Join(", ", MediaTypes.AcceptedManifests), request.Headers["Accept"]);
        Assert.Equal("identity", request.Headers["Accept-Encoding"]);
        Assert.Equal("oci-images", request.Headers["User-Agent"]);
    }

    [Theory]
    [InlineData("no digest")]
    [InlineData("no length")]
    [InlineData("no type")]
    [InlineData("404")]
    [InlineData("405")]
    [InlineData("400")]
    public async Task Resolve_HeadLacksSomething_Gets(string lack)
    {
        var good = RequestKind.GoodManifest();
        var head = lack switch
        {
            "no digest" => good with { Headers = [good.Headers[0]] },
            "no length" => good with { ClaimedLength = -1, Ending = FaultEnding.Close },
            "no type" => good with { Headers = [good.Headers[1]] },
            _ => new FaultResponse(int.Parse(lack, null)),
        };
        await using var server = Registries.Serve(request => request.Method == "HEAD" ? head : good);
        using var client = new RegistryClient();

        var descriptor = await client.Repository(server).Manifests.ResolveAsync("v1");

        Assert.Equal(new Descriptor(MediaTypes.OciManifest, BodyDigest, Body.Length), descriptor);
        Assert.Equal(["HEAD", "GET"], server.Asked().Select(request => request.Method));
    }

    [Fact]
    public async Task Resolve_Missing_IsNull()
    {
        await using var server = Registries.Serve(_ => new FaultResponse(404));
        using var client = new RegistryClient();

        Assert.Null(await client.Repository(server).Manifests.ResolveAsync("v1"));
    }

    [Fact]
    public async Task Resolve_HeadForDigestSaysAnother_IsCorrupt()
    {
        await using var server = Registries.Serve(_ => RequestKind.GoodManifest());
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(
            () => client.Repository(server).Manifests.ResolveAsync(Digest.Compute("x"u8).ToString()));

        Assert.Equal(OciErrorKind.Corrupt, failure.Kind);
    }

    [Theory]
    [InlineData("application/vnd.oci.image.manifest.v1+json; charset=utf-8")]
    [InlineData("Application/VND.OCI.image.manifest.v1+JSON")]
    [InlineData("text/plain; charset=utf-8")]
    [InlineData("application/json")]
    [InlineData("application/octet-stream")]
    [InlineData(null)]
    public async Task Get_ContentTypeVagueOrWithParameters_MediaTypeIsRight(string? contentType)
    {
        await using var server = Registries.Serve(_ => new() { Body = Body, Headers = contentType is null ? [] : [("Content-Type", contentType)] });
        using var client = new RegistryClient();

        var manifest = await client.Repository(server).Manifests.GetAsync("v1");

        Assert.Equal(new Descriptor(MediaTypes.OciManifest, BodyDigest, Body.Length), manifest.Descriptor);
    }

    [Theory]
    [InlineData("""{"schemaVersion":2,"manifests":[]}""", MediaTypes.OciIndex)]
    [InlineData("""{"schemaVersion":2,"config":{},"layers":[]}""", MediaTypes.OciManifest)]
    [InlineData("""{"mediaType":"application/vnd.example+json"}""", "application/vnd.example+json")]
    public async Task Get_NoContentType_MediaTypeComesFromBody(string body, string expected)
    {
        await using var server = Registries.Serve(_ => new() { Body = Encoding.UTF8.GetBytes(body) });
        using var client = new RegistryClient();

        Assert.Equal(expected, (await client.Repository(server).Manifests.GetAsync("v1")).Descriptor.MediaType);
    }

    [Theory]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""", MediaTypes.OciManifest, "says that its media type is")]
    [InlineData("""{"schemaVersion":2,"manifests":[],"layers":[],"config":{}}""", MediaTypes.OciManifest, "index and an image manifest at once")]
    [InlineData("""{"schemaVersion":2}""", "application/json", "says what media type")]
    [InlineData("[]", MediaTypes.OciManifest, "not a JSON object")]
    [InlineData("{", MediaTypes.OciManifest, "not a JSON object")]
    [InlineData("{} {}", MediaTypes.OciManifest, "not a JSON object")]
    [InlineData("", MediaTypes.OciManifest, "not a JSON object")]
    [InlineData("<!DOCTYPE html><html><title>Log in</title>", "text/html", "a web page instead")]
    [InlineData("\r\n <html>", MediaTypes.OciManifest, "a web page instead")]
    public async Task Get_BodyIsNotWhatItClaims_IsRefused(string body, string contentType, string words)
    {
        await using var server = Registries.Serve(_ => FaultResponse.Text(body, contentType));
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).Manifests.GetAsync("v1"));

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Asked());
    }

    [Theory]
    [InlineData("""{"schemaVersion":1,"fsLayers":[]}""", "application/json")]
    [InlineData("""{"schemaVersion":1,"fsLayers":[]}""", MediaTypes.DockerSchema1Signed)]
    public async Task Get_Schema1_SaysThatItIsNotSupported(string body, string contentType)
    {
        await using var server = Registries.Serve(_ => FaultResponse.Text(body, contentType));
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).Manifests.GetAsync("v1"));

        Assert.Equal(OciErrorKind.Unsupported, failure.Kind);
        Assert.Contains("schema 1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_ByDigestOtherBytes_IsCorrupt()
    {
        await using var server = Registries.Serve(_ => FaultResponse.Text("""{"layers":[]}""", MediaTypes.OciManifest));
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).Manifests.GetAsync(BodyDigest.ToString()));

        Assert.Equal(OciErrorKind.Corrupt, failure.Kind);
        Assert.Contains(BodyDigest.ToString(), failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Asked());
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("digest")]
    public async Task Get_DigestHeaderDisagrees_IsCorrupt(string reference)
    {
        var good = RequestKind.GoodManifest();
        await using var server = Registries.Serve(_ => good with { Headers = [good.Headers[0], ("Docker-Content-Digest", Digest.Compute("x"u8).ToString())] });
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(
            () => client.Repository(server).Manifests.GetAsync(reference == "digest" ? BodyDigest.ToString() : reference));

        Assert.Equal(OciErrorKind.Corrupt, failure.Kind);
    }

    [Fact]
    public async Task Get_Sha512_IsVerifiedWithItsAlgorithm()
    {
        var digest = Digest.Compute(Body, DigestAlgorithm.Sha512);
        await using var server = Registries.Serve(_ => RequestKind.GoodManifest());
        using var client = new RegistryClient();

        Assert.Equal(digest, (await client.Repository(server).Manifests.GetAsync(digest.ToString())).Descriptor.Digest);
    }

    [Theory]
    [InlineData(true, FaultEnding.Endless)]
    [InlineData(true, FaultEnding.Complete)]
    [InlineData(false, FaultEnding.Complete)]
    public async Task Get_TooLarge_IsRefused(bool isChunked, FaultEnding ending)
    {
        byte[] large = new byte[4 * 1024 * 1024 + 1];
        large.AsSpan().Fill((byte)' ');
        await using var server = Registries.Serve(
            _ => new() { Body = large, Headers = [("Content-Type", MediaTypes.OciManifest)], IsChunked = isChunked, Ending = ending });
        using var client = new RegistryClient();

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(server).Manifests.GetAsync("v1"));

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
        Assert.Contains("larger than the 4194304 bytes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_AsLargeAsAllowed_IsRead()
    {
        byte[] large = new byte[4 * 1024 * 1024];
        large.AsSpan().Fill((byte)' ');
        Body.CopyTo(large, 0);
        await using var server = Registries.Serve(_ => new() { Body = large, IsChunked = true });
        using var client = new RegistryClient();

        Assert.Equal(large.Length, (await client.Repository(server).Manifests.GetAsync("v1")).Bytes.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("-x")]
    [InlineData("a/b")]
    [InlineData("../../v1")]
    [InlineData("a?b")]
    [InlineData("sha256:abc")]
    [InlineData("sha256:../../../../etc")]
    [InlineData("a b")]
    public async Task Get_NeitherTagNorDigest_IsRefusedBeforeAnyRequest(string reference)
    {
        using var client = new RegistryClient(new RefusingHandler());

        var failure = await Assert.ThrowsAsync<OciException>(() => client.GetRepository(Registries.Name("example.com")).Manifests.GetAsync(reference));

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
    }

    [Fact]
    public async Task Get_RegistryWarns_IsLoggedOnce()
    {
        await using var server = Registries.Serve(_ => RequestKind.GoodManifest().With("Warning", "299 - \"this tag will\u0007 go away\""));
        using var log = new CapturingLogger();
        using var client = new RegistryClient(null, log);

        await client.Repository(server).Manifests.GetAsync("v1");
        await client.Repository(server).Manifests.GetAsync("v1");

        Assert.Equal($"Warning 3 The registry {server.Authority} warns: this tag will go away ", Assert.Single(log.Lines, line => line.Contains("go away")));
    }
}
