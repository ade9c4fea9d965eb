using System.Net;
using OciImages.Content.Local;
using OciImages.RegistryServer.Tests.Support;
using OciImages.TestSupport;
using OciImages.TestSupport.Images;
using OciImages.TestSupport.Tars;

namespace OciImages.RegistryServer.Tests.Indexes;

/// <summary>An OCI image layout served as it is.</summary>
public sealed class LayoutRegistryIndexTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly OciLayoutBuilder _layout;
    private readonly Descriptor _amd64;
    private readonly Descriptor _index;

    public LayoutRegistryIndexTests()
    {
        _layout = new OciLayoutBuilder(_directory["layout"]);
        _amd64 = _layout.AddImage("one", [Layer("amd64")]);
        var arm64 = _layout.AddImage("ghcr.io/Example/app:2.0".ToLowerInvariant(), [Layer("arm64")], new Platform("linux", "arm64"));
        _index = _layout.AddIndex("multi", _amd64, arm64);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Layout_IsServedByTagAndDigestWithItsBlobs()
    {
        await using var registry = Registry();
        Assert.True(registry.Registry.IsReadOnly);
        using var tags = await registry.SendAsync("GET", "/v2/my/layout/tags/list");
        Assert.Equal("""{"name":"my/layout","tags":["multi","one"]}""", await tags.Content.ReadAsStringAsync());
        using var catalog = await registry.SendAsync("GET", "/v2/_catalog");
        Assert.Equal("""{"repositories":["example/app","my/layout"]}""", await catalog.Content.ReadAsStringAsync());
        foreach (string path in new[] { "my/layout/manifests/multi", $"my/layout/manifests/{_amd64.Digest}", $"my/layout/manifests/{_index.Digest}", "example/app/manifests/2.0" })
        {
            using var manifest = await registry.SendAsync("GET", $"/v2/{path}");
            await TestRegistry.AssertStatusAsync(HttpStatusCode.OK, manifest);
            var parsed = Manifests.Manifest.Parse(new Manifests.ManifestContent(
                manifest.Content.Headers.ContentType!.ToString(), await manifest.Content.ReadAsByteArrayAsync()));
            if (parsed is not Manifests.ImageManifest image)
                continue;
            using var blob = await registry.SendAsync("GET", $"/v2/{path.Split("/manifests/")[0]}/blobs/{image.Layers[0].Digest}");
            Assert.Equal(image.Layers[0].Digest, Digest.Compute(await blob.Content.ReadAsByteArrayAsync()));
        }
        using var push = await registry.SendAsync("POST", "/v2/my/layout/blobs/uploads/");
        await TestRegistry.AssertFaultAsync(push, HttpStatusCode.MethodNotAllowed, "UNSUPPORTED");
    }

    [Fact]
    public async Task Layout_ThatChanges_IsReadAnew()
    {
        await using var registry = Registry();
        using var before = await registry.SendAsync("HEAD", "/v2/my/layout/manifests/new");
        Assert.Equal(HttpStatusCode.NotFound, before.StatusCode);
        _layout.AddImage("new", [Layer("new")]);
        using var after = await registry.SendAsync("HEAD", "/v2/my/layout/manifests/new");
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task Layout_WithADamagedManifest_ServesTheOthers()
    {
        string path = _directory[$"layout/blobs/sha256/{_amd64.Digest.Hex}"];
        File.WriteAllText(path, "damaged");
        await using var registry = Registry();
        using var damaged = await registry.SendAsync("GET", "/v2/my/layout/manifests/one");
        Assert.Equal(HttpStatusCode.NotFound, damaged.StatusCode);
        using var other = await registry.SendAsync("GET", "/v2/example/app/manifests/2.0");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task Layout_ThatIsNone_IsToldByHealth()
    {
        await using var registry = new TestRegistry(options =>
        {
            options.Content = new LocalContentStore(_directory["nothing"]);
            options.Index = new LayoutRegistryIndex(_directory["nothing"], options.Content, "x");
        });
        var e = await Assert.ThrowsAnyAsync<OciException>(() => registry.Registry.CheckHealthAsync());
        Assert.Equal(OciErrorKind.NotFound, e.Kind);
        using var response = await registry.SendAsync("GET", "/v2/x/manifests/t");
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    private TestRegistry Registry() => new(options =>
    {
        options.Content = new LocalContentStore(_directory["layout"]);
        options.Index = new LayoutRegistryIndex(_directory["layout"], options.Content, "my/layout");
    });

    private TestLayer Layer(string text) => _layout.AddGzipLayer(new TarBuilder().File("file", text).ToArray());
}
