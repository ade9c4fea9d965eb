using System.Text;
using OciImages.Registry.Tests.Auth;
using OciImages.TestSupport.Servers;

namespace OciImages.Registry.Tests.Http.Mirrors;

/// <summary>Which endpoint answers, for every way in which a mirror can be good, poor, broken or hostile.</summary>
public class MirrorTests
{
    private static readonly byte[] Content = Registries.Bytes(3 << 20);
    private static readonly Descriptor Blob = Registries.Blob(Content);
    private static readonly byte[] SmallContent = Registries.Bytes(500, 2);
    private static readonly byte[] Manifest = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","config":{},"layers":[]}""");
    private static readonly string ManifestDigest = Digest.Compute(Manifest).ToString();

    [Fact]
    public async Task Pull_MirrorHasAll_RegistryIsNotAsked()
    {
        await using var origin = Registries.Serve(Good);
        await using var mirror = Registries.Serve(Good);
        using var client = Client(origin, [mirror]);

        await PullAsync(client, origin);

        Assert.Empty(origin.Requests);
        Assert.Equal(5, mirror.Asked().Length);
        Assert.All(mirror.Asked(), request => Assert.DoesNotContain("ns=", request.Target, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(400)]
    [InlineData(418)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Pull_MirrorRefuses_NextIsAsked(int status)
    {
        await using var origin = Registries.Serve(Good);
        await using var bad = Registries.Serve(_ => FaultResponse.Json("""{"errors":[{"code":"DENIED","message":"no"}]}""", status));
        await using var good = Registries.Serve(Good);
        using var client = Client(origin, [bad, good]);

        await PullAsync(client, origin);

        Assert.Empty(origin.Requests);
        Assert.NotEmpty(bad.Asked());
        Assert.Equal(5, good.Asked().Length);
    }

    [Theory]
    [InlineData(FaultEnding.Reset, -1)]
    [InlineData(FaultEnding.Close, -1)]
    [InlineData(FaultEnding.Close, 10)]
    [InlineData(FaultEnding.Reset, 10)]
    [InlineData(FaultEnding.Stall, 10)]
    [InlineData(FaultEnding.Stall, -1)]
    public async Task Pull_MirrorBreaksOff_RegistryIsAsked(FaultEnding ending, int after)
    {
        var clock = new SkippingClock();
        await using var origin = Registries.Serve(Good);
        await using var bad = Registries.Serve(request => Good(request) with { EndAfter = after, Ending = ending }, clock);
        using var client = Client(origin, [bad], options => options.TimeProvider = clock);

        await PullAsync(client, origin);

        Assert.NotEmpty(bad.Asked());
        Assert.NotEmpty(origin.Asked());
    }

    [Fact]
    public async Task Pull_MirrorBreaksOffAndEachIsTriedOnce_RegistryIsAsked()
    {
        await using var origin = Registries.Serve(Good);
        await using var bad = Registries.Serve(request => Good(request) with { EndAfter = request.Path.Contains("/blobs/", StringComparison.Ordinal) ? 1000 : null, Ending = FaultEnding.Close });
        using var client = Client(origin, [bad], options => options.MaxAttempts = 1);

        Assert.Equal(Content, await (await client.Repository(origin).Blobs.OpenReadAsync(Blob)).ReadAllAsync());

        Assert.Single(bad.Asked());
        Assert.Equal(1000, Assert.Single(origin.Asked()).Range?.First);
    }

    [Fact]
    public async Task Get_RegistryIsGoneAndMirrorRests_MirrorIsAsked()
    {
        int count = 0;
        await using var mirror = Registries.Serve(request => Interlocked.Increment(ref count) == 1 ? new FaultResponse(503).With("Retry-After", "60") : Good(request));
        string dead = $"127.0.0.1:{ServerProcess.FreePort()}";
        var clock = new SkippingClock();
        var options = Registries.Options(clock);
        options.Mirrors.Add(new RegistryMirror(dead, mirror.Url));
        using var client = new RegistryClient(options);

        Assert.Equal(ManifestDigest, (await client.GetRepository(Registries.Name(dead)).Manifests.GetAsync("v1")).Descriptor.Digest.ToString());

        Assert.Equal(2, mirror.Asked().Length);
    }

    [Fact]
    public async Task Get_RegistryIsGoneAndMirrorLied_MirrorIsNotAsked()
    {
        await using var mirror = Registries.Serve(_ => FaultResponse.Text("""{"schemaVersion":2,"config":{},"layers":[ ]}""", MediaTypes.OciManifest));
        string dead = $"127.0.0.1:{ServerProcess.FreePort()}";
        var options = Registries.Options(new SkippingClock());
        options.Mirrors.Add(new RegistryMirror(dead, mirror.Url));
        using var client = new RegistryClient(options);
        var manifests = client.GetRepository(Registries.Name(dead)).Manifests;

        for (int i = 0; i < 2; i++)
            await Assert.ThrowsAsync<RegistryException>(() => manifests.GetAsync(ManifestDigest));

        Assert.Single(mirror.Asked());
    }

    [Theory]
    [InlineData("<html>log in here</html>", "text/html")]
    [InlineData("""{"schemaVersion":2,"manifests":[],"layers":[]}""", MediaTypes.OciManifest)]
    [InlineData("""{"schemaVersion":2,"mediaType":"x/y","config":{},"layers":[]}""", MediaTypes.OciManifest)]
    [InlineData("", MediaTypes.OciManifest)]
    public async Task Get_MirrorAnswersNonsense_RegistryIsAsked(string body, string contentType)
    {
        await using var origin = Registries.Serve(Good);
        await using var bad = Registries.Serve(_ => FaultResponse.Text(body, contentType));
        using var client = Client(origin, [bad]);

        Assert.Equal(ManifestDigest, (await client.Repository(origin).Manifests.GetAsync("v1")).Descriptor.Digest.ToString());
        Assert.Equal(ManifestDigest, (await client.Repository(origin).Manifests.GetAsync(ManifestDigest)).Descriptor.Digest.ToString());
    }

    [Fact]
    public async Task Get_NobodyHasIt_RegistrysAnswerIsFinal()
    {
        await using var origin = Registries.Serve(_ => FaultResponse.Json("""{"errors":[{"code":"MANIFEST_UNKNOWN","message":"of origin"}]}""", 404));
        await using var mirror = Registries.Serve(_ => new FaultResponse(503));
        using var client = Client(origin, [mirror]);

        var failure = await Assert.ThrowsAsync<RegistryException>(() => client.Repository(origin).Manifests.GetAsync("v1"));

        Assert.Equal(OciErrorKind.NotFound, failure.Kind);
        Assert.Contains("of origin", failure.Message, StringComparison.Ordinal);
        Assert.Single(origin.Asked());
    }

    [Fact]
    public async Task OpenRead_MirrorIsCutAgainAndAgain_ContinuesThereAsLongAsBytesCome()
    {
        await using var origin = Registries.Serve(Good);
        await using var flaky = Registries.Serve(request => Good(request) with { EndAfter = 1 << 20, Ending = FaultEnding.Close });
        using var client = Client(origin, [flaky]);

        Assert.Equal(Content, await (await client.Repository(origin).Blobs.OpenReadAsync(Blob)).ReadAllAsync());

        Assert.Empty(origin.Requests);
        Assert.Equal([null, (1 << 20, Content.Length - 1), (2 << 20, Content.Length - 1)], flaky.Asked().Select(request => request.Range));
    }

    [Fact]
    public async Task OpenRead_MirrorDiesHalfWay_RegistryGivesTheRest()
    {
        await using var origin = Registries.Serve(Good);
        await using var dying = Registries.Serve(request => request.Range is null
            ? Good(request) with { EndAfter = 1 << 20, Ending = FaultEnding.Close }
            : new FaultResponse(500));
        using var client = Client(origin, [dying]);

        Assert.Equal(Content, await (await client.Repository(origin).Blobs.OpenReadAsync(Blob)).ReadAllAsync());

        Assert.Equal((1 << 20, Content.Length - 1), Assert.Single(origin.Asked()).Range);
    }

    [Theory]
    [InlineData(3 << 20)]
    [InlineData(5000)]
    public async Task OpenRead_MirrorServesPoison_IsSetAsideForLong(int size)
    {
        byte[] content = Content[..size];
        var blob = Registries.Blob(content);
        var clock = new SkippingClock();
        using var log = new CapturingLogger();
        await using var origin = Registries.Serve(request => FaultResponse.Blob(request, content));
        await using var poison = Registries.Serve(request => FaultResponse.Blob(request, content.Reverse().ToArray()));
        using var client = Client(origin, [poison], options => options.TimeProvider = clock, log);
        var blobs = client.Repository(origin).Blobs;

        byte[] first = await (await blobs.OpenReadAsync(blob)).ReadAllAsync();
        byte[] second = await (await blobs.OpenReadAsync(blob)).ReadAllAsync();

        // A large blob has left before it can be judged: its reader, who hashes it, asks again. A small one is checked first.
        Assert.Equal(size > 1 << 20 ? content.Reverse() : content, first);
        Assert.Equal(content, second);
        Assert.Single(poison.Asked());
        Assert.Contains(log.Lines, line => line.Contains("served wrong content", StringComparison.Ordinal));
        clock.Advance(TimeSpan.FromMinutes(59));
        await (await blobs.OpenReadAsync(blob)).ReadAllAsync();
        Assert.Single(poison.Asked());
        clock.Advance(TimeSpan.FromMinutes(2));
        await (await blobs.OpenReadAsync(blob)).ReadAllAsync();
        Assert.Equal(2, poison.Asked().Length);
    }

    [Fact]
    public async Task OpenRead_MirrorSaysAnotherSize_RegistryIsAsked()
    {
        await using var origin = Registries.Serve(Good);
        await using var shorter = Registries.Serve(request => FaultResponse.Blob(request, Content.AsMemory(0, 2 << 20)));
        await using var longer = Registries.Serve(request => FaultResponse.Blob(request, (byte[])[.. Content, 1]));
        using var client = Client(origin, [longer, shorter], options => options.TimeProvider = new SkippingClock());

        Assert.Equal(Content, await (await client.Repository(origin).Blobs.OpenReadAsync(Blob)).ReadAllAsync());
        Assert.NotEmpty(origin.Asked());
    }

    [Theory]
    [InlineData(FaultEnding.Complete)]
    [InlineData(FaultEnding.Endless)]
    public async Task OpenRead_MirrorSaysNoSize_RegistryIsAsked(FaultEnding ending)
    {
        await using var origin = Registries.Serve(Good);
        await using var vague = Registries.Serve(_ => new FaultResponse { Body = Content, IsChunked = true, Ending = ending });
        using var client = Client(origin, [vague]);

        Assert.Equal(Content, await (await client.Repository(origin).Blobs.OpenReadAsync(Blob)).ReadAllAsync());
        Assert.Single(vague.Asked());
    }

    [Fact]
    public async Task Get_MirrorServesPoisonManifest_IsSetAside()
    {
        await using var origin = Registries.Serve(Good);
        await using var poison = Registries.Serve(_ => FaultResponse.Text("{\"schemaVersion\":2,\"config\":{},\"layers\":[]}", MediaTypes.OciManifest));
        using var client = Client(origin, [poison]);
        var manifests = client.Repository(origin).Manifests;

        Assert.Equal(ManifestDigest, (await manifests.GetAsync(ManifestDigest)).Descriptor.Digest.ToString());
        Assert.Equal(ManifestDigest, (await manifests.GetAsync(ManifestDigest)).Descriptor.Digest.ToString());

        Assert.Single(poison.Asked());
    }

    [Fact]
    public async Task Pull_MirrorKeepsFailing_RestsForAWhile()
    {
        var clock = new SkippingClock();
        bool isUp = false;
        await using var origin = Registries.Serve(Good);
        await using var mirror = Registries.Serve(request => isUp ? Good(request) : new FaultResponse(500));
        using var client = Client(origin, [mirror], options =>
        {
            options.TimeProvider = clock;
            options.MirrorFailureThreshold = 3;
            options.MirrorSetAsideTime = TimeSpan.FromSeconds(30);
        });
        var manifests = client.Repository(origin).Manifests;

        for (int i = 0; i < 10; i++)
            await manifests.GetAsync("v1");
        Assert.Equal(3, mirror.Asked().Length);
        clock.Advance(TimeSpan.FromSeconds(31));
        await manifests.GetAsync("v1");
        await manifests.GetAsync("v1");
        // One failure after the rest is enough for the next one.
        Assert.Equal(4, mirror.Asked().Length);
        isUp = true;
        clock.Advance(TimeSpan.FromSeconds(31));
        await manifests.GetAsync("v1");
        isUp = false;
        await manifests.GetAsync("v1");
        await manifests.GetAsync("v1");
        await manifests.GetAsync("v1");
        await manifests.GetAsync("v1");
        Assert.Equal(8, mirror.Asked().Length);
    }

    [Fact]
    public async Task Pull_MirrorAsksToWait_GetsItsRest()
    {
        var clock = new SkippingClock();
        await using var origin = Registries.Serve(Good);
        await using var mirror = Registries.Serve(_ => new FaultResponse(429).With("Retry-After", "600"));
        using var client = Client(origin, [mirror], options => options.TimeProvider = clock);
        var manifests = client.Repository(origin).Manifests;

        await manifests.GetAsync("v1");
        clock.Advance(TimeSpan.FromSeconds(599));
        await manifests.GetAsync("v1");
        Assert.Single(mirror.Asked());
        Assert.Empty(clock.Waits);
    }

    [Fact]
    public async Task Capabilities_PullOnly_TagsAreTheRegistrys()
    {
        await using var origin = Registries.Serve(Good);
        await using var mirror = Registries.Serve(Good);
        using var client = Client(origin, [], options => options.Mirrors.Add(
            new RegistryMirror(origin.Authority, mirror.Url) { Capabilities = RegistryMirrorCapabilities.Pull }));

        await PullAsync(client, origin);

        Assert.All(origin.Asked(), request => Assert.EndsWith("/manifests/v1", request.Path, StringComparison.Ordinal));
        Assert.All(mirror.Asked(), request => Assert.Contains("sha256:", request.Path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Questions_AboutTheRegistry_GoThere()
    {
        await using var origin = Registries.Serve(request => request.Path.EndsWith("/tags/list", StringComparison.Ordinal)
            ? FaultResponse.Json("""{"tags":["a"]}""") : Good(request));
        await using var mirror = Registries.Serve(Good);
        using var client = Client(origin, [mirror]);

        await client.PingAsync(origin.Authority);
        Assert.Equal(["a"], await client.Repository(origin).ListTagsAsync().ToListAsync());
        Assert.True(await client.Repository(origin).Blobs.ExistsAsync(Blob.Digest));
        await client.Repository(origin).Manifests.GetAsync($"sha256-{Blob.Digest.ToString()[7..]}");

        Assert.Empty(mirror.Requests);
    }

    [Fact]
    public async Task AnyRegistry_Mirror_IsToldWhichOneIsMeantAndGivesWayToOwn()
    {
        await using var origin = Registries.Serve(Good);
        await using var other = Registries.Serve(Good);
        await using var any = Registries.Serve(Good);
        await using var own = Registries.Serve(Good);
        var options = Registries.Options();
        options.Mirrors.Add(new RegistryMirror("*", any.Url));
        options.Mirrors.Add(new RegistryMirror(other.Authority, own.Url));
        using var client = new RegistryClient(options);

        await client.Repository(origin).Manifests.GetAsync("v1");
        await client.Repository(other).Manifests.GetAsync("v1");
        await client.Repository(any).Manifests.GetAsync("v1");

        Assert.Equal(["/v2/team/app/manifests/v1?ns=" + Uri.EscapeDataString(origin.Authority), "/v2/team/app/manifests/v1"], any.Asked().Select(request => request.Target));
        Assert.Equal("/v2/team/app/manifests/v1", Assert.Single(own.Asked()).Target);
    }

    [Theory]
    [InlineData("", "/v2/team/app/manifests/v1", "team/app")]
    [InlineData("/", "/v2/team/app/manifests/v1", "team/app")]
    [InlineData("/v2/hub-proxy/", "/v2/hub-proxy/team/app/manifests/v1", "hub-proxy/team/app")]
    [InlineData("/v2/a/b", "/v2/a/b/team/app/manifests/v1", "a/b/team/app")]
    [InlineData("/artifactory/api/docker/hub", "/artifactory/api/docker/hub/v2/team/app/manifests/v1", "team/app")]
    [InlineData("/x/v2", "/x/v2/team/app/manifests/v1", "team/app")]
    public async Task Path_OfMirror_StandsBeforeNamesAndScopes(string path, string target, string scoped)
    {
        await using var origin = Registries.Serve(Good);
        await using var pair = new TokenPair { Answer = Good };
        using var client = Client(origin, [], options => options.Mirrors.Add(new RegistryMirror(origin.Authority, pair.Registry.Url + path)));

        await client.Repository(origin).Manifests.GetAsync("v1");

        Assert.Equal([target, target], pair.Registry.Asked().Select(request => request.Target));
        Assert.Equal($"repository:{scoped}:pull", pair.Tokens.Requests.Single().Query["scope"].First());
        Assert.Empty(origin.Asked());
    }

    [Fact]
    public async Task Credentials_OfEachHost_StayThere()
    {
        await using var origin = Registries.Serve(NeedsBasic);
        await using var mirror = Registries.Serve(request => NeedsBasic(request) is { Status: 200 } ? new FaultResponse(404) : NeedsBasic(request));
        await using var stranger = Registries.Serve(NeedsBasic);
        var credentials = new StaticCredentialSource(
        [
            new(origin.Authority, new RegistryCredential { UserName = "origin", Password = "1" }),
            new(mirror.Authority, new RegistryCredential { UserName = "mirror", Password = "2" }),
        ]);
        using var client = Client(origin, [stranger, mirror], options => options.Credentials = credentials);

        await client.Repository(origin).Manifests.GetAsync("v1");

        Assert.Equal([null, Basic("mirror:2")], mirror.Asked().Select(request => request.Authorization));
        Assert.Equal([null, Basic("origin:1")], origin.Asked().Select(request => request.Authorization));
        Assert.All(stranger.Requests, request => Assert.Null(request.Authorization));

        static FaultResponse NeedsBasic(FaultRequest request) => request.Authorization is null
            ? new FaultResponse(401).With("WWW-Authenticate", "Basic realm=\"r\"") : Good(request);
        static string Basic(string pair) => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(pair))}";
    }

    [Theory]
    [InlineData("docker.io", "ftp://x")]
    [InlineData("docker.io", "mirror.example.com")]
    [InlineData("docker.io", "https://user:s3cret@mirror.example.com")]
    [InlineData("docker.io", "https://mirror.example.com/?x=s3cret")]
    [InlineData("docker.io", "https://mirror.example.com/#x")]
    [InlineData("a/b", "https://mirror.example.com")]
    [InlineData("docker.io", "")]
    public void Mirror_Malformed_IsRefused(string registry, string url)
    {
        var failure = Assert.Throws<OciException>(() => new RegistryMirror(registry, url));

        Assert.Equal(OciErrorKind.InvalidInput, failure.Kind);
        Assert.DoesNotContain("user:s3cret", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_ThroughRealMirror_RegistryNeedNotBeReachable()
    {
        await using var origin = await DockerRegistry.StartAsync();
        var (manifest, layers) = await origin.PutImageAsync(Registries.Path, "v1", Registries.Bytes(2 << 20));
        await using var mirror = await DockerRegistry.StartAsync(new() { MirrorOf = origin.Url });
        var options = Registries.Options();
        options.Mirrors.Add(new RegistryMirror("registry.invalid", mirror.Url));
        using var client = new RegistryClient(options);
        var repository = client.GetRepository(Registries.Name("registry.invalid"));

        Assert.Equal(manifest.Digest, (await repository.Manifests.ResolveAsync("v1"))?.Digest);
        Assert.Equal(manifest.Digest, (await repository.Manifests.GetAsync("v1")).Descriptor.Digest);
        Assert.Equal(Registries.Bytes(2 << 20), await (await repository.Blobs.OpenReadAsync(layers[0])).ReadAllAsync());
    }

    private static RegistryClient Client(
        FaultServer origin, FaultServer[] mirrors, Action<RegistryClientOptions>? configure = null, CapturingLogger? log = null)
    {
        var options = Registries.Options(new SkippingClock());
        foreach (var mirror in mirrors)
            options.Mirrors.Add(new RegistryMirror(origin.Authority, mirror.Url));
        configure?.Invoke(options);
        return new RegistryClient(options, log);
    }

    private static async Task PullAsync(RegistryClient client, FaultServer origin)
    {
        var repository = client.Repository(origin);
        Assert.Equal(ManifestDigest, (await repository.Manifests.ResolveAsync("v1"))?.Digest.ToString());
        Assert.Equal(ManifestDigest, (await repository.Manifests.GetAsync("v1")).Descriptor.Digest.ToString());
        Assert.Equal(ManifestDigest, (await repository.Manifests.GetAsync(ManifestDigest)).Descriptor.Digest.ToString());
        Assert.Equal(Content, await (await repository.Blobs.OpenReadAsync(Blob)).ReadAllAsync());
        Assert.Equal(SmallContent, await (await repository.Blobs.OpenReadAsync(Registries.Blob(SmallContent))).ReadAllAsync());
    }

    private static FaultResponse Good(FaultRequest request) =>
        request.Path.Contains("/manifests/", StringComparison.Ordinal)
            ? new FaultResponse { Body = Manifest, Headers = [("Content-Type", MediaTypes.OciManifest), ("Docker-Content-Digest", ManifestDigest)] }
            : FaultResponse.Blob(request, request.Path.EndsWith(Blob.Digest.ToString(), StringComparison.Ordinal) ? Content : SmallContent);
}
