using System.Net;
using System.Text;
using OciImages.Manifests;
using OciImages.RegistryServer.Tests.Support;
using static OciImages.RegistryServer.Tests.Support.TestRegistry;

namespace OciImages.RegistryServer.Tests.Requirements;

/// <summary>OCI distribution specification, "Pushing Manifests" and "Pushing Manifests with Subject".</summary>
public sealed class PushManifestTests : IAsyncDisposable
{
    private readonly TestRegistry _registry = new();

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    [Theory]
    [InlineData("tag")]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task PushingManifests_ByTagOrDigest_Is201WithPullableLocationAndDigest(string way)
    {
        byte[] manifest = await _registry.PushPartsAsync();
        var digest = Digest.Compute(manifest, way == "sha512" ? DigestAlgorithm.Sha512 : DigestAlgorithm.Sha256);
        using var response = await PutAsync(way == "tag" ? "v1" : digest.ToString(), manifest);
        await AssertStatusAsync(HttpStatusCode.Created, response);
        Assert.Equal(digest.ToString(), Header(response, "Docker-Content-Digest"));
        using var pulled = await _registry.SendAsync("GET", response.Headers.Location!.ToString());
        Assert.Equal(manifest, await pulled.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task PushingManifests_WithOddWhitespaceAndUnknownMembers_KeepsTheBytes()
    {
        byte[] config = await ConfigAsync();
        byte[] manifest = Encoding.UTF8.GetBytes($$"""
            { "x-custom" : [1, 2.50],   "schemaVersion": 2,
              "mediaType":"{{MediaTypes.OciManifest}}", "config": {"mediaType":"{{MediaTypes.OciConfig}}","digest":"{{Digest.Compute(config)}}","size":{{config.Length}}, "new":true},
              "layers": [] }

            """);
        using var put = await PutAsync("t", manifest);
        await AssertStatusAsync(HttpStatusCode.Created, put);
        using var pulled = await _registry.SendAsync("GET", $"/v2/{Repository}/manifests/t");
        Assert.Equal(manifest, await pulled.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task PushingManifests_ByAnotherDigest_Is400DigestInvalid()
    {
        byte[] manifest = await _registry.PushPartsAsync();
        using var response = await PutAsync(Digest.Compute(manifest).ToString(), [.. manifest, (byte)' ', (byte)' ']);
        await AssertFaultAsync(response, HttpStatusCode.BadRequest, "DIGEST_INVALID");
        using var malformed = await PutAsync("sha256:baddigeststring", manifest);
        await AssertFaultAsync(malformed, HttpStatusCode.BadRequest, "DIGEST_INVALID");
        using var pulled = await _registry.SendAsync("GET", $"/v2/{Repository}/manifests/sha256:baddigeststring");
        await AssertFaultAsync(pulled, HttpStatusCode.BadRequest, "DIGEST_INVALID");
    }

    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task PushingManifests_ByDigestWithTags_TagsThemAllAndSaysSo(string algorithm)
    {
        byte[] manifest = await _registry.PushPartsAsync();
        Assert.True(DigestAlgorithm.TryGet(algorithm, out var chosen));
        var digest = Digest.Compute(manifest, chosen);
        string[] tags = [.. Enumerable.Range(0, 20).Select(i => $"t{i}")];
        using var response = await PutAsync($"{digest}?{string.Join('&', tags.Select(tag => $"tag={tag}"))}", manifest);
        await AssertStatusAsync(HttpStatusCode.Created, response);
        Assert.Equal(tags, response.Headers.GetValues("OCI-Tag").SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries)));
        foreach (string tag in tags)
        {
            using var head = await _registry.SendAsync("HEAD", $"/v2/{Repository}/manifests/{tag}");
            Assert.Equal(digest.ToString(), Header(head, "Docker-Content-Digest"));
        }
    }

    [Fact]
    public async Task PushingManifests_WithTooManyOrMalformedTags_Is414Or400()
    {
        byte[] manifest = await _registry.PushPartsAsync();
        var digest = Digest.Compute(manifest);
        using var many = await PutAsync($"{digest}?{string.Join('&', Enumerable.Range(0, 101).Select(i => $"tag=t{i}"))}", manifest);
        await AssertFaultAsync(many, HttpStatusCode.RequestUriTooLong, "MANIFEST_INVALID");
        using var bad = await PutAsync($"{digest}?tag=-bad", manifest);
        await AssertFaultAsync(bad, HttpStatusCode.BadRequest, "MANIFEST_INVALID");
        using var both = await PutAsync("v1?tag=v2", manifest);
        await AssertFaultAsync(both, HttpStatusCode.BadRequest, "MANIFEST_INVALID");
    }

    [Fact]
    public async Task PushingManifests_ToAnExistingTag_MovesIt()
    {
        await _registry.PushImageAsync("latest", seed: 1);
        var (second, _) = await _registry.PushImageAsync("latest", seed: 2);
        using var head = await _registry.SendAsync("HEAD", $"/v2/{Repository}/manifests/latest");
        Assert.Equal(second.ToString(), Header(head, "Docker-Content-Digest"));
    }

    [Fact]
    public async Task PushingManifests_WithMissingBlobs_Is400NamesThemAndStoresNothing()
    {
        byte[] config = await ConfigAsync();
        Descriptor[] layers = [.. Enumerable.Range(0, 3).Select(i => new Descriptor(MediaTypes.OciLayer, Digest.Compute([(byte)i]), 1))];
        var manifest = ImageManifest.Create(new Descriptor(MediaTypes.OciConfig, Digest.Compute(config), config.Length), layers);
        using var response = await PutAsync("t", manifest.Content.Bytes.ToArray());
        string text = await response.Content.ReadAsStringAsync();
        await AssertFaultAsync(response, HttpStatusCode.BadRequest, "MANIFEST_BLOB_UNKNOWN");
        Assert.All(layers, layer => Assert.Contains(layer.Digest.ToString(), text, StringComparison.Ordinal));
        Assert.Null(await _registry.Content.FindAsync(manifest.Content.Descriptor.Digest));
        using var pulled = await _registry.SendAsync("GET", $"/v2/{Repository}/manifests/t");
        Assert.Equal(HttpStatusCode.NotFound, pulled.StatusCode);
    }

    [Fact]
    public async Task PushingManifests_WhoseBlobsOnlyAnotherRepositoryHas_Is400()
    {
        byte[] manifest = await _registry.PushPartsAsync(repository: "other");
        using var response = await PutAsync("t", manifest);
        await AssertFaultAsync(response, HttpStatusCode.BadRequest, "MANIFEST_BLOB_UNKNOWN");
    }

    [Fact]
    public async Task PushingManifests_SparseWhereAllowed_Is201()
    {
        await using var registry = new TestRegistry(options => options.AllowSparseManifests = true);
        var index = ImageIndex.Create([new Descriptor(MediaTypes.OciManifest, Digest.Compute("gone"u8), 4)]);
        using var response = await registry.SendAsync("PUT", $"/v2/{Repository}/manifests/t", index.Content.Bytes.ToArray(), MediaTypes.OciIndex);
        await AssertStatusAsync(HttpStatusCode.Created, response);
    }

    [Theory]
    [InlineData(MediaTypes.OciForeignLayer)]
    [InlineData(MediaTypes.OciForeignLayerGzip)]
    [InlineData(MediaTypes.DockerForeignLayer)]
    public async Task PushingManifests_WithNonDistributableLayers_NeedsNoneOfThem(string mediaType)
    {
        byte[] config = await ConfigAsync();
        var manifest = ImageManifest.Create(
            new Descriptor(MediaTypes.OciConfig, Digest.Compute(config), config.Length),
            [new Descriptor(mediaType, Digest.Compute("far away"u8), 12345) { Urls = ["https://store.example.com/blob"] }]);
        using var response = await PutAsync("t", manifest.Content.Bytes.ToArray());
        await AssertStatusAsync(HttpStatusCode.Created, response);
    }

    [Fact]
    public async Task PushingManifests_Indexes_NestedEmptyAndDocker()
    {
        var (image, bytes) = await _registry.PushImageAsync("image");
        var entry = new Descriptor(MediaTypes.OciManifest, image, bytes.Length) { Platform = new Platform("linux", "amd64") };
        var inner = ImageIndex.Create([entry]);
        var outer = ImageIndex.Create([new Descriptor(MediaTypes.OciIndex, inner.Content.Descriptor.Digest, inner.Content.Descriptor.Size)]);
        using var early = await PutAsync("outer", outer.Content.Bytes.ToArray(), MediaTypes.OciIndex);
        await AssertFaultAsync(early, HttpStatusCode.BadRequest, "MANIFEST_BLOB_UNKNOWN");
        foreach (var (tag, index) in new[]
        {
            ("inner", inner), ("outer", outer), ("empty", ImageIndex.Create([])), ("list", ImageIndex.Create([entry], MediaTypes.DockerManifestList)),
        })
        {
            using var response = await PutAsync(tag, index.Content.Bytes.ToArray(), index.MediaType);
            await AssertStatusAsync(HttpStatusCode.Created, response);
            using var pulled = await _registry.SendAsync("GET", $"/v2/{Repository}/manifests/{tag}");
            Assert.Equal(index.MediaType, pulled.Content.Headers.ContentType!.ToString());
        }
    }

    [Fact]
    public async Task PushingManifests_OfMoreThan4MiB_Is413_AndOf4MiBIs201()
    {
        byte[] config = await ConfigAsync();
        var descriptor = new Descriptor(MediaTypes.OciConfig, Digest.Compute(config), config.Length);
        byte[] small = ImageManifest.Create(descriptor, [], annotations: new Dictionary<string, string> { ["a"] = "" }).Content.Bytes.ToArray();
        byte[] exact = ImageManifest.Create(
            descriptor, [], annotations: new Dictionary<string, string> { ["a"] = new('A', ManifestContent.MaxSize - small.Length) }).Content.Bytes.ToArray();
        Assert.Equal(ManifestContent.MaxSize, exact.Length);
        using var fits = await PutAsync("fits", exact);
        await AssertStatusAsync(HttpStatusCode.Created, fits);
        using var large = await PutAsync("large", [.. exact, (byte)' ']);
        await AssertFaultAsync(large, HttpStatusCode.RequestEntityTooLarge, "MANIFEST_INVALID");
    }

    [Theory]
    [InlineData("not json", MediaTypes.OciManifest)]
    [InlineData("", MediaTypes.OciManifest)]
    [InlineData("[]", MediaTypes.OciManifest)]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""", MediaTypes.OciManifest)]
    [InlineData("""{"schemaVersion":2,"manifests":[],"layers":[],"config":null}""", MediaTypes.OciIndex)]
    [InlineData("""{"schemaVersion":1,"fsLayers":[]}""", MediaTypes.DockerSchema1)]
    [InlineData("""{"schemaVersion":2,"manifests":[]}""", "text/html")]
    [InlineData("""{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:../../x","size":1}]}""", MediaTypes.OciIndex)]
    public async Task PushingManifests_Malformed_Is400ManifestInvalid(string body, string contentType)
    {
        using var response = await PutAsync("t", Encoding.UTF8.GetBytes(body), contentType);
        await AssertFaultAsync(response, HttpStatusCode.BadRequest, "MANIFEST_INVALID");
        Assert.Empty(await _registry.Content.ListAsync().ToListAsync());
    }

    [Fact]
    public async Task WithSubject_ThatIsMissing_Is201WithOciSubject()
    {
        var subject = new Descriptor(MediaTypes.OciManifest, Digest.Compute("missing content"u8), 123);
        byte[] manifest = await _registry.PushPartsAsync(subject: subject, artifactType: "application/vnd.example");
        using var response = await PutAsync("t", manifest);
        await AssertStatusAsync(HttpStatusCode.Created, response);
        Assert.Equal(subject.Digest.ToString(), Header(response, "OCI-Subject"));
    }

    [Fact]
    public async Task WithoutSubject_OciSubject_IsNotSet()
    {
        using var response = await PutAsync("t", await _registry.PushPartsAsync());
        Assert.Null(Header(response, "OCI-Subject"));
        Assert.Null(Header(response, "OCI-Tag"));
    }

    private async Task<byte[]> ConfigAsync()
    {
        byte[] config = "{}"u8.ToArray();
        await _registry.PushBlobAsync(config);
        return config;
    }

    private Task<HttpResponseMessage> PutAsync(string reference, byte[] manifest, string contentType = MediaTypes.OciManifest) =>
        _registry.SendAsync("PUT", $"/v2/{Repository}/manifests/{reference}", manifest, contentType);
}
