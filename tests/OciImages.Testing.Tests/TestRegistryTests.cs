using Microsoft.Extensions.DependencyInjection;
using OciImages.Pull;
using OciImages.TestSupport;
using OciImages.Transfers;

namespace OciImages.Testing.Tests;

public sealed class TestRegistryTests : IAsyncDisposable
{
    private readonly TestRegistry _registry = new();

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    [Fact]
    public async Task CreateHandler_ReachesTheRegistryWithoutASocket()
    {
        var image = new TestImageBuilder().AddLayer(("a", "1")).Build();
        await _registry.AddAsync(image, "app", "v1", "latest");
        using var http = new HttpClient(_registry.CreateHandler()) { BaseAddress = new Uri("http://any/") };
        Assert.Equal("""{"name":"app","tags":["latest","v1"]}""", await http.GetStringAsync("/v2/app/tags/list"));
        Assert.Equal(image.Digest, Digest.Compute(await http.GetByteArrayAsync("/v2/app/manifests/v1")));
        Assert.Throws<InvalidOperationException>(() => _registry.Authority);
    }

    [Fact]
    public async Task ListenAsync_LetsTheImageServicePullAPlatformOfAnIndex()
    {
        var index = TestImage.CreateIndex([
            new TestImageBuilder { Platform = new Platform("linux", "amd64") }.AddLayer(("arch", "amd64")).Build(),
            new TestImageBuilder { Platform = new Platform("linux", "arm64") }.AddLayer(("arch", "arm64")).Build(),
        ]);
        await _registry.AddAsync(index, "multi", "v1");
        await _registry.ListenAsync();
        using var directory = new TempDirectory();
        await using var services = new ServiceCollection().AddOciImages(options =>
        {
            options.Root.Path = directory["store"];
            options.Root.Driver = "blob";
        }).Services.BuildServiceProvider();
        var progress = new RecordingProgress<TransferProgress>();
        var pulled = await services.GetRequiredService<ImageService>().PullAsync(
            ImageReference.Parse($"{_registry.Authority}/multi:v1"),
            new PullOptions { Platform = new Platform("linux", "arm64"), Progress = progress });
        Assert.Equal(index.Digest, pulled.Digest);
        var arm64 = (Manifests.ImageManifest)index.Images[1].Manifest;
        Assert.Equal(arm64.Config.Digest, pulled.ImageId.Value);
        Assert.Contains(progress.Reports, report => report.Phase == TransferPhase.Complete);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _registry.ListenAsync());
    }
}
