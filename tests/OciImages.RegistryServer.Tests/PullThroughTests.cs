using System.Net;
using Microsoft.Extensions.Time.Testing;
using OciImages.Manifests;
using OciImages.RegistryServer.Tests.Support;
using static OciImages.RegistryServer.Tests.Support.TestRegistry;

namespace OciImages.RegistryServer.Tests;

/// <summary>A registry in front of another one.</summary>
public sealed class PullThroughTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private readonly TestRegistry _origin = new();
    private readonly UpstreamClient _upstream;
    private readonly TestRegistry _cache;

    public PullThroughTests()
    {
        _upstream = new UpstreamClient(_origin);
        _cache = new TestRegistry(options =>
        {
            options.Upstream = _upstream;
            options.TimeProvider = _clock;
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Fact]
    public async Task Pull_Twice_FetchesOnce()
    {
        var (digest, bytes) = await _origin.PushImageAsync("latest");
        byte[] layer = Bytes(300);
        for (int i = 0; i < 2; i++)
        {
            using var manifest = await _cache.SendAsync("GET", $"/v2/{Repository}/manifests/latest");
            Assert.Equal(bytes, await manifest.Content.ReadAsByteArrayAsync());
            Assert.Equal(digest.ToString(), Header(manifest, "Docker-Content-Digest"));
            using var head = await _cache.SendAsync("HEAD", $"/v2/{Repository}/blobs/{Digest.Compute(layer)}");
            Assert.Equal(300, head.Content.Headers.ContentLength);
            using var blob = await _cache.SendAsync("GET", $"/v2/{Repository}/blobs/{Digest.Compute(layer)}");
            Assert.Equal(layer, await blob.Content.ReadAsByteArrayAsync());
        }
        Assert.Equal(1, _upstream.Manifests);
        Assert.Equal(1, _upstream.Blobs);
        Assert.NotNull(await _cache.Content.FindAsync(Digest.Compute(layer)));
    }

    [Fact]
    public async Task Push_ToACache_IsRefusedAndTheUpstreamsImageStays()
    {
        var (digest, bytes) = await _origin.PushImageAsync("latest");
        Assert.Equal(digest, await ResolveAsync());

        using var upload = await _cache.SendAsync("POST", $"/v2/{Repository}/blobs/uploads/");
        using var put = await _cache.SendAsync("PUT", $"/v2/{Repository}/manifests/latest", bytes, MediaTypes.OciManifest);
        using var delete = await _cache.SendAsync("DELETE", $"/v2/{Repository}/manifests/latest");

        Assert.True(_cache.Registry.IsReadOnly);
        Assert.All([upload, put, delete], answer => Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode));
        Assert.Equal(digest, await ResolveAsync());
    }

    [Fact]
    public async Task Tag_ThatMoves_IsSeenAfterItsLifetime()
    {
        var (first, _) = await _origin.PushImageAsync("latest", 1);
        Assert.Equal(first, await ResolveAsync());
        var (second, _) = await _origin.PushImageAsync("latest", 2);
        Assert.Equal(first, await ResolveAsync());
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(second, await ResolveAsync());
    }

    [Fact]
    public async Task Tag_ThatIsDeleted_IsGoneAfterItsLifetime()
    {
        await _origin.PushImageAsync("latest");
        Assert.NotNull(await ResolveAsync());
        (await _origin.SendAsync("DELETE", $"/v2/{Repository}/manifests/latest")).Dispose();
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(await ResolveAsync());
    }

    [Fact]
    public async Task Upstream_ThatIsDown_LetsWhatIsHereBeServed()
    {
        var (digest, _) = await _origin.PushImageAsync("latest");
        Assert.Equal(digest, await ResolveAsync());
        _upstream.IsDown = true;
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(digest, await ResolveAsync());
        using var tags = await _cache.SendAsync("GET", $"/v2/{Repository}/tags/list");
        Assert.Equal(HttpStatusCode.OK, tags.StatusCode);
        using var unknown = await _cache.SendAsync("GET", $"/v2/{Repository}/manifests/other");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unknown.StatusCode);
    }

    [Fact]
    public async Task Upstream_ThatIsDown_IsAskedOnceInATagsLifetime()
    {
        var (first, _) = await _origin.PushImageAsync("latest", 1);
        Assert.Equal(first, await ResolveAsync());
        var (second, _) = await _origin.PushImageAsync("latest", 2);
        _upstream.IsDown = true;
        _clock.Advance(TimeSpan.FromMinutes(2));
        int before = _upstream.Questions;
        for (int i = 0; i < 3; i++)
            Assert.Equal(first, await ResolveAsync());
        Assert.Equal(before + 1, _upstream.Questions);
        _upstream.IsDown = false;
        Assert.Equal(first, await ResolveAsync());
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(second, await ResolveAsync());
    }

    [Fact]
    public async Task Blob_ThatTheUpstreamHasLost_Is404WithTheUsualHeaders()
    {
        await _origin.PushImageAsync("latest");
        await ResolveAsync();
        _upstream.HasLostBlobs = true;
        using var response = await _cache.SendAsync("GET", $"/v2/{Repository}/blobs/{Digest.Compute(Bytes(300))}");
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("registry/2.0", Header(response, "Docker-Distribution-Api-Version"));
        Assert.Null(Header(response, "Docker-Content-Digest"));
        Assert.Contains("BLOB_UNKNOWN", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_TagsManifestsAndBlobs_Are404()
    {
        await _origin.PushImageAsync("latest");
        foreach (string path in new[] { "manifests/other", $"manifests/{Digest.Compute("x"u8)}", $"blobs/{Digest.Compute("x"u8)}" })
        {
            using var response = await _cache.SendAsync("GET", $"/v2/{Repository}/{path}");
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }
        Assert.Equal(0, _upstream.Blobs);
    }

    [Fact]
    public async Task Blob_ByRange_IsPassedThroughAndNotKept()
    {
        await _origin.PushImageAsync("latest");
        await ResolveAsync();
        var digest = Digest.Compute(Bytes(300));
        using var response = await _cache.SendAsync("GET", $"/v2/{Repository}/blobs/{digest}", headers: ("Range", "bytes=100-199"));
        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal(Bytes(300)[100..200], await response.Content.ReadAsByteArrayAsync());
        Assert.Null(await _cache.Content.FindAsync(digest));
    }

    [Fact]
    public async Task Blob_WhoseFetchWasCut_GoesOnWhereItStopped()
    {
        byte[] big = Bytes(600_000, 7);
        await PushBigAsync(big);
        _upstream.CutAfter = 400_000;
        using (var first = await _cache.SendAsync("GET", $"/v2/{Repository}/blobs/{Digest.Compute(big)}"))
            await Assert.ThrowsAnyAsync<Exception>(() => first.Content.ReadAsByteArrayAsync());
        _upstream.CutAfter = null;
        using var second = await _cache.SendAsync("GET", $"/v2/{Repository}/blobs/{Digest.Compute(big)}");
        Assert.Equal(big, await second.Content.ReadAsByteArrayAsync());
        Assert.Equal(400_000, _upstream.LastOffset);
        Assert.NotNull(await _cache.Content.FindAsync(Digest.Compute(big)));
    }

    [Fact]
    public async Task Blob_WhoseFetchNobodyTakesUp_IsSweptInTime()
    {
        byte[] big = Bytes(600_000, 7);
        await PushBigAsync(big);
        _upstream.CutAfter = 400_000;
        using (var cut = await _cache.SendAsync("GET", $"/v2/{Repository}/blobs/{Digest.Compute(big)}"))
            await Assert.ThrowsAnyAsync<Exception>(() => cut.Content.ReadAsByteArrayAsync());
        await _cache.Registry.SweepUploadsAsync();
        Assert.Equal(400_000, Assert.Single(await _cache.Content.ListIngestsAsync().ToListAsync()).Offset);

        _clock.Advance(new OciRegistryOptions().UploadExpiry * 2);
        await _cache.Registry.SweepUploadsAsync();

        Assert.Empty(await _cache.Content.ListIngestsAsync().ToListAsync());
    }

    [Fact]
    public async Task Blob_ThatUpstreamDamages_IsCutAndNotKept()
    {
        byte[] big = Bytes(600_000, 7);
        await PushBigAsync(big);
        _upstream.Damage = true;
        using (var first = await _cache.SendAsync("GET", $"/v2/{Repository}/blobs/{Digest.Compute(big)}"))
            await Assert.ThrowsAnyAsync<Exception>(() => first.Content.ReadAsByteArrayAsync());
        Assert.Null(await _cache.Content.FindAsync(Digest.Compute(big)));
        _upstream.Damage = false;
        using var second = await _cache.SendAsync("GET", $"/v2/{Repository}/blobs/{Digest.Compute(big)}");
        Assert.Equal(big, await second.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Blob_ThatAnotherRepositoryHas_IsNotFetchedAgain()
    {
        await _origin.PushImageAsync("latest");
        await _origin.PushImageAsync("latest", repository: "second");
        var digest = Digest.Compute(Bytes(300));
        foreach (string repository in new[] { Repository, "second" })
        {
            using var manifest = await _cache.SendAsync("GET", $"/v2/{repository}/manifests/latest");
            using var blob = await _cache.SendAsync("GET", $"/v2/{repository}/blobs/{digest}");
            Assert.Equal(Bytes(300), await blob.Content.ReadAsByteArrayAsync());
        }
        Assert.Equal(1, _upstream.Blobs);
        using var stranger = await _cache.SendAsync("GET", $"/v2/third/blobs/{digest}");
        Assert.Equal(HttpStatusCode.NotFound, stranger.StatusCode);
    }

    [Fact]
    public async Task Tags_AreTheUpstreams()
    {
        await _origin.PushImageAsync("b");
        await _origin.PushImageAsync("a");
        using var tags = await _cache.SendAsync("GET", $"/v2/{Repository}/tags/list?n=1");
        Assert.Equal($$"""{"name":"{{Repository}}","tags":["a"]}""", await tags.Content.ReadAsStringAsync());
        Assert.Contains("rel=\"next\"", Header(tags, "Link"), StringComparison.Ordinal);
    }

    private async Task<Digest?> ResolveAsync()
    {
        using var head = await _cache.SendAsync("HEAD", $"/v2/{Repository}/manifests/latest");
        return head.StatusCode == HttpStatusCode.OK ? Digest.Parse(Header(head, "Docker-Content-Digest")!) : null;
    }

    private async Task PushBigAsync(byte[] big)
    {
        byte[] config = "{}"u8.ToArray();
        await _origin.PushBlobAsync(config);
        await _origin.PushBlobAsync(big);
        var manifest = ImageManifest.Create(
            new Descriptor(MediaTypes.OciConfig, Digest.Compute(config), config.Length), [new Descriptor(MediaTypes.OciLayer, Digest.Compute(big), big.Length)]);
        using var put = await _origin.SendAsync("PUT", $"/v2/{Repository}/manifests/big", manifest.Content.Bytes.ToArray(), MediaTypes.OciManifest);
        await AssertStatusAsync(HttpStatusCode.Created, put);
        using var pulled = await _cache.SendAsync("GET", $"/v2/{Repository}/manifests/big");
        await AssertStatusAsync(HttpStatusCode.OK, pulled);
    }
}
