using System.Net;
using OciImages.RegistryServer.Tests.Support;
using static OciImages.RegistryServer.Tests.Support.TestRegistry;

namespace OciImages.RegistryServer.Tests.Requirements;

/// <summary>OCI distribution specification, "Content Management": deletion, and refusing it.</summary>
public sealed class ManagementTests : IAsyncDisposable
{
    private readonly TestRegistry _registry = new();

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    [Fact]
    public async Task DeletingTags_Is202ThenTheTagIs404AndTheManifestStays()
    {
        var (digest, _) = await _registry.PushImageAsync("latest");
        Assert.Equal(HttpStatusCode.Accepted, await DeleteAsync("manifests/latest"));
        Assert.Equal(HttpStatusCode.NotFound, await HeadAsync("manifests/latest"));
        Assert.Equal(HttpStatusCode.OK, await HeadAsync($"manifests/{digest}"));
        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync("manifests/latest"));
    }

    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task DeletingManifests_Is202ThenItAndItsTagsAre404(string algorithm)
    {
        byte[] manifest = await _registry.PushPartsAsync();
        Assert.True(DigestAlgorithm.TryGet(algorithm, out var chosen));
        var digest = Digest.Compute(manifest, chosen);
        using var put = await _registry.SendAsync("PUT", $"/v2/{Repository}/manifests/{digest}?tag=One&tag=two", manifest, MediaTypes.OciManifest);
        await AssertStatusAsync(HttpStatusCode.Created, put);
        Assert.Equal(HttpStatusCode.Accepted, await DeleteAsync($"manifests/{digest}"));
        foreach (string reference in new[] { digest.ToString(), "One", "two" })
            Assert.Equal(HttpStatusCode.NotFound, await HeadAsync($"manifests/{reference}"));
        Assert.Empty(await _registry.Index.ListTagsAsync(Repository).ToListAsync());
    }

    [Fact]
    public async Task DeletingManifests_OfAnUnknownRepository_Is404NameUnknown()
    {
        using var response = await _registry.SendAsync("DELETE", $"/v2/nowhere/manifests/{Digest.Compute("x"u8)}");
        await AssertFaultAsync(response, HttpStatusCode.NotFound, "NAME_UNKNOWN");
        await _registry.PushImageAsync("t");
        using var unknown = await _registry.SendAsync("DELETE", $"/v2/{Repository}/manifests/{Digest.Compute("x"u8)}");
        await AssertFaultAsync(unknown, HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
    }

    [Fact]
    public async Task DeletingManifests_WithSubject_TakesThemFromTheReferrers()
    {
        var subject = new Descriptor(MediaTypes.OciManifest, Digest.Compute("s"u8), 1);
        var (digest, _) = await _registry.PushImageAsync("t", subject: subject);
        Assert.Equal(HttpStatusCode.Accepted, await DeleteAsync($"manifests/{digest}"));
        Assert.Empty(await _registry.Index.ListReferrersAsync(Repository, subject.Digest).ToListAsync());
    }

    [Fact]
    public async Task DeletingBlobs_Is202Then404AndOthersKeepIt()
    {
        var digest = await _registry.PushBlobAsync(Bytes(10));
        await _registry.PushBlobAsync(Bytes(10), "other");
        Assert.Equal(HttpStatusCode.Accepted, await DeleteAsync($"blobs/{digest}"));
        Assert.Equal(HttpStatusCode.NotFound, await HeadAsync($"blobs/{digest}"));
        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync($"blobs/{digest}"));
        using var other = await _registry.SendAsync("GET", $"/v2/other/blobs/{digest}");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task Deletion_WhereDisabled_Is405()
    {
        await using var registry = new TestRegistry(options => options.IsDeletionEnabled = false);
        var (digest, _) = await registry.PushImageAsync("latest");
        foreach (string path in new[] { "manifests/latest", $"manifests/{digest}", $"blobs/{digest}" })
        {
            using var response = await registry.SendAsync("DELETE", $"/v2/{Repository}/{path}");
            await AssertFaultAsync(response, HttpStatusCode.MethodNotAllowed, "UNSUPPORTED");
        }
        // An upload is no content yet.
        using var cancelled = await registry.SendAsync("DELETE", await registry.StartUploadAsync());
        Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);
    }

    [Fact]
    public async Task ReadOnly_RefusesEveryChangeWith405()
    {
        var (digest, bytes) = await _registry.PushImageAsync("latest");
        await using var registry = new TestRegistry(options => options.IsReadOnly = true, _registry.Root);
        foreach (var (method, path) in new[]
        {
            ("PUT", "manifests/latest"), ("DELETE", "manifests/latest"), ("DELETE", $"blobs/{digest}"), ("POST", "blobs/uploads/"),
            ("PATCH", $"blobs/uploads/{Guid.NewGuid()}"), ("PUT", $"blobs/uploads/{Guid.NewGuid()}?digest={digest}"), ("DELETE", $"blobs/uploads/{Guid.NewGuid()}"),
        })
        {
            using var response = await registry.SendAsync(method, $"/v2/{Repository}/{path}", method is "DELETE" ? null : bytes, MediaTypes.OciManifest);
            await AssertFaultAsync(response, HttpStatusCode.MethodNotAllowed, "UNSUPPORTED");
        }
        using var pulled = await registry.SendAsync("GET", $"/v2/{Repository}/manifests/latest");
        Assert.Equal(bytes, await pulled.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task CollectGarbage_AfterDeletion_FreesWhatNoManifestNeeds()
    {
        var (digest, bytes) = await _registry.PushImageAsync("latest", 1);
        var (kept, _) = await _registry.PushImageAsync("kept", 2);
        byte[] shared = Bytes(300, 1); // the layer of the first image
        await _registry.PushImageAsync("t", 1, "other");
        await DeleteAsync($"manifests/{digest}");
        Assert.Equal(0, await _registry.Registry.CollectGarbageAsync(TimeSpan.FromHours(1)));
        Assert.Equal(0, await _registry.Registry.CollectGarbageAsync(TimeSpan.Zero));
        Assert.Equal(HttpStatusCode.NotFound, await HeadAsync($"blobs/{Digest.Compute(shared)}"));
        Assert.NotNull(await _registry.Content.FindAsync(Digest.Compute(shared)));
        using var other = await _registry.SendAsync("DELETE", $"/v2/other/manifests/{digest}");
        Assert.Equal(bytes.Length + shared.Length + """{"seed":1}""".Length, await _registry.Registry.CollectGarbageAsync(TimeSpan.Zero));
        Assert.Null(await _registry.Content.FindAsync(digest));
        Assert.Equal(HttpStatusCode.OK, await HeadAsync($"manifests/{kept}"));
        Assert.Equal(HttpStatusCode.OK, await HeadAsync($"blobs/{Digest.Compute(Bytes(300, 2))}"));
    }

    private async Task<HttpStatusCode> DeleteAsync(string path)
    {
        using var response = await _registry.SendAsync("DELETE", $"/v2/{Repository}/{path}");
        return response.StatusCode;
    }

    private async Task<HttpStatusCode> HeadAsync(string path)
    {
        using var response = await _registry.SendAsync("HEAD", $"/v2/{Repository}/{path}");
        return response.StatusCode;
    }
}
