using System.Net;
using OciImages.RegistryServer.Tests.Support;
using static OciImages.RegistryServer.Tests.Support.TestRegistry;

namespace OciImages.RegistryServer.Tests.Requirements;

/// <summary>OCI distribution specification, "Pushing blobs": a test per MUST and SHOULD, with both algorithms.</summary>
public sealed class PushBlobTests : IAsyncDisposable
{
    private readonly TestRegistry _registry = new();

    public static TheoryData<string> Algorithms => ["sha256", "sha512"];

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    [Fact]
    public async Task PostThenPut_Post_Is202WithLocationThatHoldsAUuid()
    {
        using var response = await _registry.SendAsync("POST", $"/v2/{Repository}/blobs/uploads/");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.True(Guid.TryParseExact(response.Headers.Location!.ToString().Split('/')[^1], "D", out _));
        Assert.Equal("0-0", RawHeader(response, "Range"));
        Assert.Null(Header(response, "OCI-Chunk-Min-Length"));
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task PostThenPut_Put_Is201WithPullableLocation(string algorithm)
    {
        var (content, digest) = Blob(algorithm);
        string location = await _registry.StartUploadAsync(query: $"?digest-algorithm={algorithm}");
        using var response = await _registry.SendAsync("PUT", $"{location}?digest={digest}", content, "application/octet-stream");
        await AssertPulledAsync(response, content, digest);
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task SinglePost_Is201WithPullableLocation(string algorithm)
    {
        var (content, digest) = Blob(algorithm);
        using var response = await _registry.SendAsync("POST", $"/v2/{Repository}/blobs/uploads/?digest={digest}", content, "application/octet-stream");
        await AssertPulledAsync(response, content, digest);
        Assert.Empty(await IngestsAsync());
    }

    [Theory]
    [InlineData("sha256", 3)]
    [InlineData("sha512", 3)]
    [InlineData("sha256", 1)]
    public async Task InChunks_Patches_Are202WithLocationAndRange(string algorithm, int chunks)
    {
        var (content, digest) = Blob(algorithm);
        string location = await _registry.StartUploadAsync();
        int size = (content.Length / chunks) + 1;
        for (int start = 0; start < content.Length; start += size)
        {
            byte[] chunk = content[start..Math.Min(content.Length, start + size)];
            int end = start + chunk.Length - 1;
            using var response = await _registry.SendAsync("PATCH", location, chunk, "application/octet-stream", ("Content-Range", $"{start}-{end}"));
            await AssertStatusAsync(HttpStatusCode.Accepted, response);
            Assert.Equal($"0-{end}", RawHeader(response, "Range"));
            location = response.Headers.Location!.ToString();
        }
        using var put = await _registry.SendAsync("PUT", $"{location}?digest={digest}", []);
        await AssertPulledAsync(put, content, digest);
    }

    [Fact]
    public async Task InChunks_LastChunkInPut_Is201()
    {
        var (content, digest) = Blob("sha256");
        string location = await _registry.StartUploadAsync();
        using var first = await _registry.SendAsync("PATCH", location, content[..400], null, ("Content-Range", "0-399"));
        using var put = await _registry.SendAsync(
            "PUT", $"{location}?digest={digest}", content[400..], "application/octet-stream", ("Content-Range", $"400-{content.Length - 1}"));
        await AssertPulledAsync(put, content, digest);
    }

    [Fact]
    public async Task InChunks_StreamWithoutRange_IsTakenAtTheEnd()
    {
        var (content, digest) = Blob("sha256");
        string location = await _registry.StartUploadAsync();
        foreach (byte[] part in new[] { content[..500], content[500..] })
        {
            using var patch = await _registry.SendAsync("PATCH", location, part, "application/octet-stream");
            await AssertStatusAsync(HttpStatusCode.Accepted, patch);
        }
        using var put = await _registry.SendAsync("PUT", $"{location}?digest={digest}");
        await AssertPulledAsync(put, content, digest);
    }

    [Theory]
    [InlineData("PATCH", "600-1023")]
    [InlineData("PATCH", "0-423")]
    [InlineData("PUT", "600-1023")]
    [InlineData("PUT", "0-423")]
    public async Task InChunks_OutOfOrder_Is416AndGetTellsTheOffset(string method, string range)
    {
        var (content, digest) = Blob("sha256");
        string location = await _registry.StartUploadAsync();
        using var first = await _registry.SendAsync("PATCH", location, content[..512], null, ("Content-Range", "0-511"));
        string target = method == "PUT" ? $"{location}?digest={digest}" : location;

        using var wrong = await _registry.SendAsync(method, target, content[600..1024], null, ("Content-Range", range));

        Assert.Equal("0-511", RawHeader(wrong, "Range"));
        Assert.Equal(location, wrong.Headers.Location!.ToString());
        await AssertFaultAsync(wrong, HttpStatusCode.RequestedRangeNotSatisfiable, "BLOB_UPLOAD_INVALID");
        using var status = await _registry.SendAsync("GET", location);
        Assert.Equal(HttpStatusCode.NoContent, status.StatusCode);
        Assert.Equal("0-511", RawHeader(status, "Range"));
        Assert.Equal(location, status.Headers.Location!.ToString());
        using var put = await _registry.SendAsync("PUT", $"{location}?digest={digest}", content[512..], null, ("Content-Range", $"512-{content.Length - 1}"));
        await AssertPulledAsync(put, content, digest);
    }

    [Fact]
    public async Task InChunks_FirstNotAtZero_Is416()
    {
        string location = await _registry.StartUploadAsync();
        using var wrong = await _registry.SendAsync("PATCH", location, Bytes(10), null, ("Content-Range", "10-19"));
        await AssertFaultAsync(wrong, HttpStatusCode.RequestedRangeNotSatisfiable, "BLOB_UPLOAD_INVALID");
        using var status = await _registry.SendAsync("GET", location);
        Assert.Equal("0-0", RawHeader(status, "Range"));
    }

    [Fact]
    public async Task InChunks_MinimumChunk_IsAnnounced()
    {
        await using var registry = new TestRegistry(options => options.MinChunkLength = 4096);
        using var response = await registry.SendAsync("POST", $"/v2/{Repository}/blobs/uploads/");
        Assert.Equal("4096", Header(response, "OCI-Chunk-Min-Length"));
    }

    [Theory]
    [InlineData("post", "sha256")]
    [InlineData("put", "sha256")]
    [InlineData("patch", "sha256")]
    [InlineData("post", "sha512")]
    [InlineData("put", "sha512")]
    [InlineData("patch", "sha512")]
    public async Task PushingBlobs_WithAnotherDigest_Is400AndNothingIsKept(string way, string algorithm)
    {
        var (content, digest) = Blob(algorithm);
        byte[] other = [.. content, 1];
        string location = way == "post" ? $"/v2/{Repository}/blobs/uploads/" : await _registry.StartUploadAsync();
        if (way == "patch")
            (await _registry.SendAsync("PATCH", location, other)).Dispose();
        using var response = await _registry.SendAsync(way == "post" ? "POST" : "PUT", $"{location}?digest={digest}", way == "patch" ? [] : other);
        await AssertFaultAsync(response, HttpStatusCode.BadRequest, "DIGEST_INVALID");
        Assert.Empty(await IngestsAsync());
        Assert.Empty(await ContentAsync());
        using var pull = await _registry.SendAsync("GET", $"/v2/{Repository}/blobs/{digest}");
        Assert.Equal(HttpStatusCode.NotFound, pull.StatusCode);
    }

    [Theory]
    [InlineData("sha256:short")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("")]
    [InlineData("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    [InlineData("sha256:..%2F..%2Fetc%2Fpasswd")]
    public async Task PushingBlobs_WithAnInvalidOrUnsupportedDigest_Is400(string digest)
    {
        string location = await _registry.StartUploadAsync();
        using var put = await _registry.SendAsync("PUT", $"{location}?digest={digest}", Bytes(5));
        await AssertFaultAsync(put, HttpStatusCode.BadRequest, "DIGEST_INVALID");
        using var post = await _registry.SendAsync("POST", $"/v2/{Repository}/blobs/uploads/?digest={digest}", Bytes(5));
        await AssertFaultAsync(post, HttpStatusCode.BadRequest, "DIGEST_INVALID");
        using var mount = await _registry.SendAsync("POST", $"/v2/{Repository}/blobs/uploads/?mount={digest}&from=a");
        await AssertFaultAsync(mount, HttpStatusCode.BadRequest, "DIGEST_INVALID");
    }

    [Fact]
    public async Task PushingBlobs_WithAnUnsupportedAlgorithm_Is400()
    {
        using var response = await _registry.SendAsync("POST", $"/v2/{Repository}/blobs/uploads/?digest-algorithm=md5");
        await AssertFaultAsync(response, HttpStatusCode.BadRequest, "DIGEST_INVALID");
    }

    [Fact]
    public async Task CancelUpload_Delete_Is204AndTheUploadIsGone()
    {
        string location = await _registry.StartUploadAsync();
        (await _registry.SendAsync("PATCH", location, Bytes(100))).Dispose();
        using var response = await _registry.SendAsync("DELETE", location);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        foreach (string method in new[] { "GET", "PATCH", "DELETE" })
        {
            using var after = await _registry.SendAsync(method, location, method == "PATCH" ? Bytes(1) : null);
            await AssertFaultAsync(after, HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN");
        }
        Assert.Empty(await IngestsAsync());
    }

    [Fact]
    public async Task Mount_FromARepository_Is201WithPullableLocation()
    {
        byte[] content = Bytes(100);
        var digest = await _registry.PushBlobAsync(content, "other/repo");
        using var response = await _registry.SendAsync("POST", $"/v2/{Repository}/blobs/uploads/?mount={digest}&from=other%2Frepo");
        await AssertPulledAsync(response, content, digest);
    }

    [Fact]
    public async Task Mount_WithoutFrom_Is201WhereAnybodyHasIt()
    {
        byte[] content = Bytes(100);
        var digest = await _registry.PushBlobAsync(content, "other/repo");
        using var response = await _registry.SendAsync("POST", $"/v2/{Repository}/blobs/uploads/?mount={digest}");
        await AssertPulledAsync(response, content, digest);
    }

    [Theory]
    [InlineData("?mount={0}&from=other")]
    [InlineData("?mount={0}&from=never/seen")]
    [InlineData("?mount={0}")]
    public async Task Mount_OfWhatIsNotThere_Is202AndAnUploadBegins(string query)
    {
        byte[] content = Bytes(100);
        var digest = Digest.Compute(content);
        using var response = await _registry.SendAsync(
            "POST", $"/v2/{Repository}/blobs/uploads/{string.Format(System.Globalization.CultureInfo.InvariantCulture, query, digest)}");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        using var put = await _registry.SendAsync("PUT", $"{response.Headers.Location}?digest={digest}", content);
        await AssertPulledAsync(put, content, digest);
    }

    private static (byte[] Content, Digest Digest) Blob(string algorithm)
    {
        byte[] content = Bytes(3067);
        Assert.True(DigestAlgorithm.TryGet(algorithm, out var chosen));
        return (content, Digest.Compute(content, chosen));
    }

    private async Task AssertPulledAsync(HttpResponseMessage response, byte[] content, Digest digest)
    {
        await AssertStatusAsync(HttpStatusCode.Created, response);
        Assert.Equal(digest.ToString(), Header(response, "Docker-Content-Digest"));
        using var pulled = await _registry.SendAsync("GET", response.Headers.Location!.ToString());
        Assert.Equal(content, await pulled.Content.ReadAsByteArrayAsync());
    }

    private async Task<List<Content.IngestStatus>> IngestsAsync() => await _registry.Content.ListIngestsAsync().ToListAsync();

    private async Task<List<Content.ContentInfo>> ContentAsync() => await _registry.Content.ListAsync().ToListAsync();
}
