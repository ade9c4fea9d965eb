using System.Net;
using OciImages.RegistryServer.Tests.Support;
using static OciImages.RegistryServer.Tests.Support.TestRegistry;

namespace OciImages.RegistryServer.Tests.Requirements;

/// <summary>OCI distribution specification, "Pull": a test per MUST and SHOULD.</summary>
public sealed class PullTests : IAsyncDisposable
{
    private readonly TestRegistry _registry = new();

    public static TheoryData<string> Algorithms => ["sha256", "sha512"];

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    [Fact]
    public async Task End1_Base_Answers200()
    {
        using var response = await _registry.SendAsync("GET", "/v2/");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("registry/2.0", Header(response, "Docker-Distribution-Api-Version"));
        using var short_ = await _registry.SendAsync("GET", "/v2");
        Assert.Equal(HttpStatusCode.OK, short_.StatusCode);
    }

    [Fact]
    public async Task PullingManifests_Existing_Is200WithDigestTypeAndExactBytes()
    {
        var (digest, bytes) = await _registry.PushImageAsync("latest");
        foreach (string reference in new[] { "latest", digest.ToString() })
        {
            using var response = await _registry.SendAsync("GET", $"/v2/{Repository}/manifests/{reference}");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(digest.ToString(), Header(response, "Docker-Content-Digest"));
            Assert.Equal(MediaTypes.OciManifest, response.Content.Headers.ContentType!.ToString());
            Assert.Equal(bytes, await response.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task PullingManifests_ContentTypeWithParameters_IsServedWithoutThem()
    {
        byte[] manifest = await _registry.PushPartsAsync();
        using var put = await _registry.SendAsync("PUT", $"/v2/{Repository}/manifests/t", manifest, $"{MediaTypes.OciManifest}; charset=utf-8");
        await AssertStatusAsync(HttpStatusCode.Created, put);
        using var response = await _registry.SendAsync("GET", $"/v2/{Repository}/manifests/t");
        Assert.Equal(MediaTypes.OciManifest, response.Content.Headers.ContentType!.ToString());
    }

    [Fact]
    public async Task PullingManifests_Missing_Is404ManifestUnknown()
    {
        await _registry.PushImageAsync("latest");
        foreach (string path in new[] { $"{Repository}/manifests/other", $"{Repository}/manifests/{Digest.Compute("no"u8)}", "nowhere/manifests/latest" })
        {
            using var response = await _registry.SendAsync("GET", $"/v2/{path}");
            await AssertFaultAsync(response, HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        }
    }

    [Fact]
    public async Task PullingManifests_OfAnotherRepository_Is404()
    {
        var (digest, _) = await _registry.PushImageAsync("latest");
        using var response = await _registry.SendAsync("GET", $"/v2/other/manifests/{digest}");
        await AssertFaultAsync(response, HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task PullingBlobs_Existing_Is200WithDigestAndBytes(string algorithm)
    {
        Assert.True(DigestAlgorithm.TryGet(algorithm, out var chosen));
        byte[] content = Bytes(500_000);
        var digest = await _registry.PushBlobAsync(content, algorithm: chosen);
        using var response = await _registry.SendAsync("GET", $"/v2/{Repository}/blobs/{digest}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(digest.ToString(), Header(response, "Docker-Content-Digest"));
        Assert.Equal(content.Length, response.Content.Headers.ContentLength);
        Assert.Equal(content, await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    public async Task PullingBlobs_OfWellKnownSmallContent_Work(string text)
    {
        byte[] content = System.Text.Encoding.UTF8.GetBytes(text);
        var digest = await _registry.PushBlobAsync(content);
        using var response = await _registry.SendAsync("GET", $"/v2/{Repository}/blobs/{digest}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(content.Length, response.Content.Headers.ContentLength);
        Assert.Equal(content, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task PullingBlobs_Missing_Is404BlobUnknown()
    {
        var digest = await _registry.PushBlobAsync(Bytes(10));
        foreach (string path in new[] { $"{Repository}/blobs/{Digest.Compute("no"u8)}", $"other/blobs/{digest}" })
        {
            using var response = await _registry.SendAsync("GET", $"/v2/{path}");
            await AssertFaultAsync(response, HttpStatusCode.NotFound, "BLOB_UNKNOWN");
        }
    }

    [Theory]
    [InlineData("bytes=500-1499", 206, 500, 1000)]
    [InlineData("bytes=500-", 206, 500, 1548)]
    [InlineData("bytes=-500", 206, 1548, 500)]
    [InlineData("bytes=2000-5000", 206, 2000, 48)]
    [InlineData("bytes=-5000", 206, 0, 2048)]
    [InlineData("bytes=0-0", 206, 0, 1)]
    [InlineData("bytes=0-99999999999999999999", 206, 0, 2048)]
    [InlineData("bytes=500-0", 416, 0, 0)]
    [InlineData("bytes=5000-10000", 416, 0, 0)]
    [InlineData("bytes=2048-", 416, 0, 0)]
    [InlineData("bytes=-0", 416, 0, 0)]
    [InlineData("bytes=99999999999999999999-", 416, 0, 0)]
    [InlineData("bytes=x-y", 416, 0, 0)]
    [InlineData("bytes=5", 416, 0, 0)]
    [InlineData("lines=1-2", 200, 0, 2048)]
    [InlineData("bytes=0-1,3-4", 200, 0, 2048)]
    public async Task PullingBlobs_WithRange_FollowRfc9110Section14(string range, int status, int start, int length)
    {
        byte[] content = Bytes(2048);
        var digest = await _registry.PushBlobAsync(content);
        using var response = await _registry.SendAsync("GET", $"/v2/{Repository}/blobs/{digest}", headers: ("Range", range));
        Assert.Equal(status, (int)response.StatusCode);
        if (status == 416)
        {
            Assert.Equal("bytes */2048", Header(response, "Content-Range"));
            return;
        }
        Assert.Equal(length, response.Content.Headers.ContentLength);
        Assert.Equal(content[start..(start + length)], await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(status == 206 ? $"bytes {start}-{start + length - 1}/2048" : null, Header(response, "Content-Range"));
    }

    [Fact]
    public async Task PullingBlobs_WithConditions_FollowRfc9110Section13()
    {
        byte[] content = Bytes(100);
        var digest = await _registry.PushBlobAsync(content);
        string path = $"/v2/{Repository}/blobs/{digest}";
        using var known = await _registry.SendAsync("GET", path, headers: ("If-None-Match", $"\"x\", \"{digest}\""));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        Assert.Equal($"\"{digest}\"", Header(known, "ETag"));
        using var other = await _registry.SendAsync("GET", path, headers: ("If-None-Match", "\"x\""));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        using var same = await _registry.SendAsync("GET", path, null, null, ("Range", "bytes=1-2"), ("If-Range", $"\"{digest}\""));
        Assert.Equal(HttpStatusCode.PartialContent, same.StatusCode);
        using var changed = await _registry.SendAsync("GET", path, null, null, ("Range", "bytes=1-2"), ("If-Range", "\"x\""));
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
    }

    [Fact]
    public async Task PullingManifests_WithIfNoneMatch_Is304()
    {
        var (digest, _) = await _registry.PushImageAsync("latest");
        using var response = await _registry.SendAsync("GET", $"/v2/{Repository}/manifests/latest", headers: ("If-None-Match", $"W/\"{digest}\""));
        Assert.Equal(HttpStatusCode.NotModified, response.StatusCode);
    }

    [Fact]
    public async Task CheckingContent_Existing_Is200WithDigestAndLengthAndNoBody()
    {
        var (digest, bytes) = await _registry.PushImageAsync("latest");
        var blob = await _registry.PushBlobAsync(Bytes(77));
        foreach (var (path, expected, length) in new[]
        {
            ("manifests/latest", digest, bytes.Length), ($"manifests/{digest}", digest, bytes.Length), ($"blobs/{blob}", blob, 77),
        })
        {
            using var response = await _registry.SendAsync("HEAD", $"/v2/{Repository}/{path}");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(expected.ToString(), Header(response, "Docker-Content-Digest"));
            Assert.Equal(length, response.Content.Headers.ContentLength);
            Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task CheckingContent_Missing_Is404()
    {
        foreach (string path in new[] { $"manifests/latest", $"blobs/{Digest.Compute("no"u8)}" })
        {
            using var response = await _registry.SendAsync("HEAD", $"/v2/{Repository}/{path}");
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }
    }
}
