using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OciImages.RegistryServer.Tests.Support;
using OciImages.TestSupport;
using static OciImages.RegistryServer.Tests.Support.TestRegistry;

namespace OciImages.RegistryServer.Tests;

/// <summary>A registry as a part of a host.</summary>
public sealed class HostingTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task MapOciRegistry_BelowAPrefix_GivesLocationsBelowIt()
    {
        await using var host = await RegistryHost.StartAsync(options => options.Root = _directory.Path, "/images/of");
        byte[] content = Bytes(10);
        using var post = await SendAsync(host.Client, "POST", "/images/of/v2/a/blobs/uploads/");
        Assert.StartsWith("/images/of/v2/a/blobs/uploads/", post.Headers.Location!.ToString(), StringComparison.Ordinal);
        using var put = await SendAsync(host.Client, "PUT", $"{post.Headers.Location}?digest={Digest.Compute(content)}", content);
        using var get = await SendAsync(host.Client, "GET", put.Headers.Location!.ToString());
        Assert.Equal(content, await get.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task MapOciRegistry_WithoutAddOciRegistry_SaysWhatIsMissing()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        Assert.Contains("AddOciRegistry", Assert.Throws<InvalidOperationException>(() => app.MapOciRegistry()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MapOciRegistryHealth_OfAHealthyRegistry_Is200()
    {
        await using var host = await RegistryHost.StartAsync(options => options.Root = _directory.Path);
        using var response = await host.Client.GetAsync("/healthz");
        Assert.Equal("ok\n", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Blob_LargerThanTheServersOwnLimit_IsTaken()
    {
        await using var host = await RegistryHost.StartAsync(options => options.Root = _directory.Path);
        byte[] content = Bytes(40 << 20); // Kestrel's own limit is 30 MB
        using var post = await SendAsync(host.Client, "POST", "/v2/a/blobs/uploads/");
        using var put = await SendAsync(host.Client, "PUT", $"{post.Headers.Location}?digest={Digest.Compute(content)}", content);
        await AssertStatusAsync(HttpStatusCode.Created, put);
        using var get = await SendAsync(host.Client, "GET", put.Headers.Location!.ToString());
        Assert.Equal(Digest.Compute(content), await Digest.ComputeAsync(await get.Content.ReadAsStreamAsync(), DigestAlgorithm.Sha256));
    }

    [Fact]
    public async Task Metrics_CountRequestsAndBytes()
    {
        var counts = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == OciRegistry.MeterName)
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            lock (counts)
                counts[instrument.Name] = counts.GetValueOrDefault(instrument.Name) + value;
        });
        listener.Start();
        await using var registry = new TestRegistry();
        await registry.PushBlobAsync(Bytes(1000));
        lock (counts)
        {
            // Other tests run beside this one.
            Assert.True(counts["oci.registry.requests"] >= 2);
            Assert.True(counts["oci.registry.received"] >= 1000);
        }
    }

    [Theory]
    [MemberData(nameof(BadOptions))]
    public void Options_OutOfRange_AreRefused(string name, Action<OciRegistryOptions> change)
    {
        var options = new OciRegistryOptions { Root = _directory.Path };
        change(options);
        Assert.Contains(name, Assert.ThrowsAny<ArgumentException>(() => new OciRegistry(options)).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, Action<OciRegistryOptions>> BadOptions => new()
    {
        { "MaxManifestSize", options => options.MaxManifestSize = 0 },
        { "MaxManifestSize", options => options.MaxManifestSize = (4 << 20) + 1 },
        { "MaxBlobSize", options => options.MaxBlobSize = 0 },
        { "MaxRepositoryNameLength", options => options.MaxRepositoryNameLength = 256 },
        { "PageSize", options => options.PageSize = 0 },
        { "MinChunkLength", options => options.MinChunkLength = -1 },
        { "UploadExpiry", options => options.UploadExpiry = TimeSpan.Zero },
        { "UploadIdleTime", options => options.UploadIdleTime = TimeSpan.FromSeconds(-1) },
        { "MaxUploads", options => options.MaxUploads = 0 },
        { "Root", options => options.Root = null },
    };

    [Fact]
    public async Task Storage_ThatFails_Is500WithoutPaths()
    {
        File.WriteAllText(_directory["file"], "");
        await using var registry = new TestRegistry(options => options.Root = _directory["file"]);
        using var response = await registry.SendAsync("POST", "/v2/a/blobs/uploads/");
        string text = await response.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Contains("\"errors\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain(_directory.Path, text, StringComparison.Ordinal);
    }
}
