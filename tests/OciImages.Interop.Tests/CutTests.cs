using OciImages.Registry;
using OciImages.Registry.Uploads;
using OciImages.TestSupport;
using OciImages.TestSupport.Processes;
using OciImages.TestSupport.Servers;

namespace OciImages.Interop.Tests;

/// <summary>Connections that break again and again: what was transferred is not transferred again.</summary>
public sealed class CutTests(InteropFixture fixture, ITestOutputHelper output) : IClassFixture<InteropFixture>, IDisposable
{
    private const long Cut = 9 << 20;

    // What one cut may cost: a range that came in part, or a part of an upload.
    private const long Chunk = 4 << 20;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Pull_CutEvery9MiB_RegistryServesTheBlobOnceAndWhatWasInFlight()
    {
        await using var registry = await DockerRegistry.StartAsync();
        string image = $"{registry.Authority}/cut/big:v1";
        await Command.RunAsync(
            "skopeo", "copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false", $"docker://{fixture.BigImage}", $"docker://{image}");
        int before = registry.AccessLog.Count;
        await using var proxy = FaultProxy.Start(registry.Port, _ => Cut);

        await new OciProgram(_directory["root"], "blob").RunAsync("pull", "-q", image.Replace(registry.Authority, proxy.Authority, StringComparison.Ordinal));

        long size = 64L << 20;
        var served = registry.AccessLog.Skip(before).Where(entry => entry.Method == "GET" && entry.Target.Contains("/blobs/", StringComparison.Ordinal)).ToList();
        // By one connection, or on a busy machine by several side by side, each of which is cut.
        Assert.InRange(proxy.Connections, 8, 40);
        Assert.InRange(served.Sum(entry => entry.Bytes), size, size + (proxy.Connections * Chunk));
        Assert.InRange(proxy.BytesDown, size, size + (proxy.Connections * Chunk));
        output.WriteLine($"{proxy.Connections} connections, {served.Sum(entry => entry.Bytes) - size} bytes served twice, {proxy.BytesDown - size} came through");
    }

    [Theory]
    [InlineData(UploadMode.Streamed)]
    [InlineData(UploadMode.Chunked)]
    public async Task Push_CutEvery9MiB_ContinuesWhereTheRegistryHasGot(UploadMode mode)
    {
        await using var registry = await RegistryProgram.StartAsync(_directory["registry"]);
        // The first connection finds out the scheme.
        await using var proxy = FaultProxy.Start(registry.Url.Port, _ => null, _ => Cut);
        byte[] content = new byte[64 << 20];
        new Random(7).NextBytes(content);
        var blob = new Descriptor(MediaTypes.OciLayer, Digest.Compute(content), content.Length);
        using var client = new RegistryClient();
        var options = new BlobPushOptions
        {
            Mode = mode,
            ChunkSize = 4 << 20,
        };
        var blobs = client.GetRepository(new RepositoryName(proxy.Authority, "cut/app")).Blobs;

        var pushed = await blobs.PushAsync(blob, _ => ValueTask.FromResult<Stream>(new MemoryStream(content)), options, TestContext.Current.CancellationToken);

        Assert.Equal(BlobPushOutcome.Uploaded, pushed.Outcome);
        using var direct = new RegistryClient();
        Assert.True(await direct.GetRepository(new RepositoryName(registry.Authority, "cut/app")).Blobs.ExistsAsync(blob.Digest, TestContext.Current.CancellationToken));
        Assert.True(proxy.Connections >= 7);
        Assert.InRange(proxy.BytesUp, content.Length, content.Length + (proxy.Connections * Chunk));
        output.WriteLine($"{proxy.Connections} connections, {proxy.BytesUp - content.Length} bytes sent twice");
    }

    [Fact]
    public async Task Push_Again_AsksOnly()
    {
        await using var target = await DockerRegistry.StartAsync();
        var oci = new OciProgram(_directory["root"], "blob");
        string copy = $"{target.Authority}/copy/nasty:v1";
        await oci.RunAsync("pull", "-q", fixture.Image);
        await oci.TagAsync(fixture.Image, copy);
        await oci.RunAsync("push", "-q", copy);
        int before = target.AccessLog.Count;

        await oci.RunAsync("push", "-q", copy);

        var again = target.AccessLog.Skip(before).ToList();
        Assert.NotEmpty(again);
        var aboutBlobs = again.Where(entry => entry.Target.Contains("/blobs/", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(aboutBlobs);
        Assert.All(aboutBlobs, entry => Assert.Equal(("HEAD", 200), (entry.Method, entry.Status)));
        Assert.DoesNotContain(again, entry => entry.Method is "POST" or "PATCH");
        Assert.Equal(["/v2/copy/nasty/manifests/v1"], again.Where(entry => entry.Method == "PUT").Select(entry => entry.Target));
    }
}
