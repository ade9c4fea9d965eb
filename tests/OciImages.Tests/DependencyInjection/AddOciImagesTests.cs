using Microsoft.Extensions.DependencyInjection;
using OciImages.Layers;
using OciImages.Layers.Drivers;
using OciImages.Registry;
using OciImages.Roots;
using OciImages.Tests.Fakes;
using OciImages.TestSupport;

namespace OciImages.Tests.DependencyInjection;

public sealed class AddOciImagesTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task AddOciImages_Service_ResolvesWithAllItsRoles()
    {
        await using var services = new ServiceCollection().AddOciImages(options =>
        {
            options.Root.Path = _directory.Path;
            options.Root.Driver = "blob";
        }).Services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });

        var images = services.GetRequiredService<ImageService>();

        Assert.Empty(await images.ListAsync().ToListAsync());
        Assert.Same(services.GetRequiredService<ImageRoot>().Layers, services.GetRequiredService<ILayerStore>());
        Assert.IsType<RegistryClient>(services.GetRequiredService<IRegistryClient>());
    }

    [Fact]
    public async Task AddOciImages_HostsOwnRegistryClient_IsKept()
    {
        var registry = new LayoutRegistry(_directory.Path);
        await using var services = new ServiceCollection()
            .AddSingleton<IRegistryClient>(registry)
            .AddOciImages(options => options.Root.Path = _directory.Path)
            .Services.BuildServiceProvider();

        Assert.Same(registry, services.GetRequiredService<IRegistryClient>());
    }

    [Fact]
    public async Task AddStorageDriver_ChosenByName_IsUsed()
    {
        await using var services = new ServiceCollection()
            .AddOciImages(options =>
            {
                options.Root.Path = _directory.Path;
                options.Root.Driver = "mine";
            })
            .AddStorageDriver("mine", context => new BlobDriver(context.Home))
            .Services.BuildServiceProvider();

        Assert.IsType<BlobDriver>(services.GetRequiredService<ImageRoot>().Driver);
        Assert.True(Directory.Exists(_directory["image/mine"]));
    }

    [Fact]
    public void Open_UnknownDriver_NamesThoseThereAre()
    {
        var error = Assert.Throws<OciException>(() => ImageRoot.Open(new ImageRootOptions { Path = _directory.Path, Driver = "zfs" }));
        Assert.Equal(OciErrorKind.InvalidInput, error.Kind);
        Assert.Contains("overlay2", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../escape")]
    [InlineData("a/b")]
    [InlineData("")]
    public void Open_DriverNameThatIsAPath_IsRefused(string driver)
    {
        var error = Assert.Throws<OciException>(() => ImageRoot.Open(new ImageRootOptions { Path = _directory["root"], Driver = driver }));
        Assert.Equal(OciErrorKind.InvalidInput, error.Kind);
        Assert.False(Directory.Exists(_directory["root"]));
    }

    [Fact]
    public void Open_PathThatIsAFile_SaysWhere()
    {
        File.WriteAllText(_directory["file"], "");
        var error = Assert.Throws<StorageException>(() => ImageRoot.Open(new ImageRootOptions { Path = _directory["file"], Driver = "blob" }));
        Assert.Contains(_directory["file"], error.Message, StringComparison.Ordinal);
    }
}
