using System.Net;
using Microsoft.Extensions.Time.Testing;
using OciImages.Content.Memory;
using OciImages.RegistryServer.Tests.Support;
using OciImages.TestSupport;
using static OciImages.RegistryServer.Tests.Support.TestRegistry;

namespace OciImages.RegistryServer.Tests;

/// <summary>Uploads across pauses, restarts, processes and vanished clients.</summary>
public sealed class UploadLifeTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly byte[] _content = Bytes(200_000);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Upload_AfterARestart_GoesOn()
    {
        string location;
        await using (var first = new TestRegistry(root: _directory.Path))
        {
            location = await first.StartUploadAsync();
            (await first.SendAsync("PATCH", location, _content[..100_000])).Dispose();
        }
        await using var second = new TestRegistry(root: _directory.Path);
        using var status = await second.SendAsync("GET", location);
        Assert.Equal("0-99999", RawHeader(status, "Range"));
        using var put = await second.SendAsync(
            "PUT", $"{location}?digest={Digest.Compute(_content)}", _content[100_000..], null, ("Content-Range", "100000-199999"));
        await AssertStatusAsync(HttpStatusCode.Created, put);
    }

    [Fact]
    public async Task Upload_OfAnotherRepository_IsUnknown()
    {
        await using var registry = new TestRegistry();
        string location = await registry.StartUploadAsync();
        using var response = await registry.SendAsync("GET", location.Replace(Repository, "other", StringComparison.Ordinal));
        await AssertFaultAsync(response, HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN");
    }

    [Fact]
    public async Task Upload_WithoutIdleTime_GoesOnInAnotherProcess()
    {
        await using var first = new TestRegistry(options => options.UploadIdleTime = TimeSpan.Zero, _directory.Path);
        await using var second = new TestRegistry(options => options.UploadIdleTime = TimeSpan.Zero, _directory.Path);
        string location = await first.StartUploadAsync();
        for (int i = 0; i < 4; i++)
        {
            using var patch = await (i % 2 == 0 ? second : first).SendAsync("PATCH", location, _content[(i * 50_000)..((i + 1) * 50_000)]);
            await AssertStatusAsync(HttpStatusCode.Accepted, patch);
            Assert.Equal($"0-{((i + 1) * 50_000) - 1}", RawHeader(patch, "Range"));
        }
        using var put = await first.SendAsync("PUT", $"{location}?digest={Digest.Compute(_content)}");
        await AssertStatusAsync(HttpStatusCode.Created, put);
    }

    [Fact]
    public async Task Upload_OpenInAnotherProcess_IsAConflict()
    {
        await using var first = new TestRegistry(root: _directory.Path);
        await using var second = new TestRegistry(root: _directory.Path);
        string location = await first.StartUploadAsync();
        using var response = await second.SendAsync("PATCH", location, [1]);
        await AssertFaultAsync(response, HttpStatusCode.Conflict, "BLOB_UPLOAD_INVALID");
    }

    [Fact]
    public async Task Upload_ByTwoClientsAtOnce_SecondIsAConflictAndTheFirstCompletes()
    {
        await using var registry = new TestRegistry();
        string location = await registry.StartUploadAsync();
        var gate = new GatedStream(_content, 100_000);
        using var request = new HttpRequestMessage(HttpMethod.Patch, location) { Content = new StreamContent(gate) };
        var first = registry.Client.SendAsync(request);
        await gate.Reached;

        foreach (string method in new[] { "PATCH", "PUT", "DELETE" })
        {
            using var second = await registry.SendAsync(method, $"{location}?digest={Digest.Compute(_content)}", method == "DELETE" ? null : [1]);
            await AssertFaultAsync(second, HttpStatusCode.Conflict, "BLOB_UPLOAD_INVALID");
        }
        using var status = await registry.SendAsync("GET", location);
        Assert.Equal(HttpStatusCode.NoContent, status.StatusCode);

        gate.Open();
        using var patched = await first;
        await AssertStatusAsync(HttpStatusCode.Accepted, patched);
        using var put = await registry.SendAsync("PUT", $"{location}?digest={Digest.Compute(_content)}");
        await AssertStatusAsync(HttpStatusCode.Created, put);
    }

    [Fact]
    public async Task Upload_WhoseClientVanishes_KeepsWhatCameAndGoesOn()
    {
        await using var registry = new TestRegistry();
        string location = await registry.StartUploadAsync();
        using (var request = new HttpRequestMessage(HttpMethod.Patch, location) { Content = new StreamContent(new BrokenStream(_content[..70_000])) })
            await Assert.ThrowsAnyAsync<Exception>(async () => (await registry.Client.SendAsync(request)).EnsureSuccessStatusCode());
        using var status = await registry.SendAsync("GET", location);
        Assert.Equal("0-69999", RawHeader(status, "Range"));
        using var put = await registry.SendAsync("PUT", $"{location}?digest={Digest.Compute(_content)}", _content[70_000..]);
        await AssertStatusAsync(HttpStatusCode.Created, put);
    }

    [Fact]
    public async Task SinglePost_WhoseClientVanishes_LeavesNothing()
    {
        await using var registry = new TestRegistry();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v2/{Repository}/blobs/uploads/?digest={Digest.Compute(_content)}")
        {
            Content = new StreamContent(new BrokenStream(_content[..70_000])),
        };
        await Assert.ThrowsAnyAsync<Exception>(async () => (await registry.Client.SendAsync(request)).EnsureSuccessStatusCode());
        Assert.Empty(await registry.Content.ListIngestsAsync().ToListAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Upload_ThatRestsTooLong_IsSweptByItself(bool afterRestart)
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var registry = new TestRegistry(Configure, _directory.Path);
        string location = await registry.StartUploadAsync();
        (await registry.SendAsync("PATCH", location, _content)).Dispose();
        clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Single(await registry.Content.ListIngestsAsync().ToListAsync());
        if (afterRestart)
        {
            await registry.DisposeAsync();
            registry = new TestRegistry(Configure, _directory.Path);
        }
        clock.Advance(TimeSpan.FromHours(2));
        await registry.Registry.SweepUploadsAsync();
        Assert.Empty(await registry.Content.ListIngestsAsync().ToListAsync());
        using var status = await registry.SendAsync("GET", location);
        await AssertFaultAsync(status, HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN");
        await registry.DisposeAsync();

        void Configure(OciRegistryOptions options)
        {
            options.TimeProvider = clock;
            options.UploadExpiry = TimeSpan.FromHours(1);
        }
    }

    [Fact]
    public async Task Upload_BetweenRequests_ClosesAfterTheIdleTimeAndOpensAgain()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var registry = new TestRegistry(options => options.TimeProvider = clock);
        string location = await registry.StartUploadAsync();
        (await registry.SendAsync("PATCH", location, _content[..100_000])).Dispose();
        Assert.True(Assert.Single(await registry.Content.ListIngestsAsync().ToListAsync()).IsOpen);
        clock.Advance(TimeSpan.FromMinutes(3));
        await registry.Registry.SweepUploadsAsync();
        Assert.False(Assert.Single(await registry.Content.ListIngestsAsync().ToListAsync()).IsOpen);
        using var put = await registry.SendAsync("PUT", $"{location}?digest={Digest.Compute(_content)}", _content[100_000..]);
        await AssertStatusAsync(HttpStatusCode.Created, put);
    }

    [Fact]
    public async Task Uploads_BeyondTheLimit_Are429()
    {
        await using var registry = new TestRegistry(options => options.MaxUploads = 2);
        string first = await registry.StartUploadAsync();
        await registry.StartUploadAsync();
        using var response = await registry.SendAsync("POST", $"/v2/{Repository}/blobs/uploads/");
        Assert.NotNull(response.Headers.RetryAfter);
        await AssertFaultAsync(response, HttpStatusCode.TooManyRequests, "TOOMANYREQUESTS");
        (await registry.SendAsync("DELETE", first)).Dispose();
        await registry.StartUploadAsync();
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    public async Task Blob_LargerThanAllowed_Is413(string method)
    {
        await using var registry = new TestRegistry(options => options.MaxBlobSize = 100_000);
        string target = method == "POST" ? $"/v2/{Repository}/blobs/uploads/" : await registry.StartUploadAsync();
        using var known = await registry.SendAsync(method, $"{target}?digest={Digest.Compute(_content)}", _content);
        await AssertFaultAsync(known, HttpStatusCode.RequestEntityTooLarge, "SIZE_INVALID");
        using var request = new HttpRequestMessage(new HttpMethod(method), $"{target}?digest={Digest.Compute(_content)}")
        {
            Content = new StreamContent(new UnknownLengthStream(_content)),
        };
        using var unknown = await registry.Client.SendAsync(request);
        await AssertFaultAsync(unknown, HttpStatusCode.RequestEntityTooLarge, "SIZE_INVALID");
        Assert.Empty(await registry.Content.ListAsync().ToListAsync());
    }

    [Fact]
    public async Task Registry_InMemory_TakesAndGives()
    {
        await using var registry = new TestRegistry(options =>
        {
            options.Root = null;
            options.Content = new MemoryContentStore();
            options.Index = new MemoryRegistryIndex();
        });
        var (digest, bytes) = await registry.PushImageAsync("latest");
        using var pulled = await registry.SendAsync("GET", $"/v2/{Repository}/manifests/{digest}");
        Assert.Equal(bytes, await pulled.Content.ReadAsByteArrayAsync());
        using var layer = await registry.SendAsync("GET", $"/v2/{Repository}/blobs/{Digest.Compute(Bytes(300))}", null, null, ("Range", "bytes=10-19"));
        Assert.Equal(Bytes(300)[10..20], await layer.Content.ReadAsByteArrayAsync());
    }
}
