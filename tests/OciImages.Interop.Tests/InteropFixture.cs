using OciImages.TestSupport;
using OciImages.TestSupport.Images;
using OciImages.TestSupport.Processes;
using OciImages.TestSupport.Servers;

namespace OciImages.Interop.Tests;

/// <summary>A real registry that holds a nasty image, a multi-platform index and a large layer, all put there by skopeo.</summary>
public sealed class InteropFixture : IAsyncLifetime
{
    public const string Tag = "nasty";

    private readonly TempDirectory _directory = new();
    private DockerRegistry? _registry;

    public string LayoutPath => _directory["layout"];

    public DockerRegistry Registry => _registry ?? throw new InvalidOperationException("The registry is not running.");

    /// <summary>The nasty image's name at the registry.</summary>
    public string Image => $"{Registry.Authority}/test/nasty:{Tag}";

    /// <summary>An image of one incompressible layer of 64 MiB.</summary>
    public string BigImage => $"{Registry.Authority}/test/big:latest";

    /// <summary>An index for linux/amd64 and linux/arm64.</summary>
    public string MultiImage => $"{Registry.Authority}/test/multi:latest";

    public async ValueTask InitializeAsync()
    {
        Peers.Require("docker-registry");
        string skopeo = Peers.Require("skopeo");
        Peers.RequireRoot();
        var layout = new OciLayoutBuilder(LayoutPath);
        await NastyImage.AddToAsync(layout, Tag);
        layout.AddImage("big", [BigLayer(layout)]);
        var amd64 = layout.AddImage(null, [SmallLayer(layout, "amd64")]);
        var arm64 = layout.AddImage(null, [SmallLayer(layout, "arm64")], new Platform("linux", "arm64"));
        layout.AddIndex("multi", amd64, arm64);

        _registry = await DockerRegistry.StartAsync();
        await CopyAsync(Tag, Image);
        await CopyAsync("big", BigImage);
        await CopyAsync("multi", MultiImage, "--all");

        Task CopyAsync(string tag, string image, params string[] options) =>
            Command.RunAsync(skopeo, ["copy", "-q", "--dest-tls-verify=false", .. options, $"oci:{LayoutPath}:{tag}", $"docker://{image}"]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_registry is not null)
            await _registry.DisposeAsync();
        _directory.Dispose();
    }

    private static TestLayer BigLayer(OciLayoutBuilder layout)
    {
        byte[] content = new byte[64 << 20];
        new Random(1).NextBytes(content);
        return layout.AddGzipLayer(new TestSupport.Tars.TarBuilder().File("big.bin", content).ToArray());
    }

    private static TestLayer SmallLayer(OciLayoutBuilder layout, string text) =>
        layout.AddGzipLayer(new TestSupport.Tars.TarBuilder().Directory("etc").File("etc/arch", text).ToArray());
}
