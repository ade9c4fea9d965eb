using OciImages.TestSupport;
using OciImages.TestSupport.Images;
using OciImages.TestSupport.Processes;
using OciImages.TestSupport.Tars;

namespace OciImages.Interop.Tests;

/// <summary>A layout with images that a container can be made of: busybox alone, and with two layers more, one of which deletes files.</summary>
public sealed class DockerRootFixture : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();

    /// <summary>A Docker archive of <c>test/small:1</c>.</summary>
    public string Archive => _directory["small.tar"];

    /// <summary>An OCI layout with the tags <c>small</c> and <c>layered</c>.</summary>
    public string LayoutPath => _directory["layout"];

    public async ValueTask InitializeAsync()
    {
        Peers.RequireRoot();
        string busybox = Peers.Require("busybox");
        var layout = new OciLayoutBuilder(LayoutPath);
        var bin = layout.AddGzipLayer(new TarBuilder()
            .Directory("bin").Add(new TarMember("bin/busybox") { Content = await File.ReadAllBytesAsync(busybox), Mode = 0x1ed }).Directory("etc").File("etc/gone", "gone").File("etc/kept", "kept")
            .ToArray());
        var second = layout.AddGzipLayer(new TarBuilder().Directory("etc").Whiteout("etc/gone").File("etc/new", "new").ToArray());
        var third = layout.AddGzipLayer(new TarBuilder().File("third", "third").ToArray());
        layout.AddImage("small", [bin]);
        layout.AddImage("layered", [bin, second, third]);
        await Command.RunAsync(
            Peers.Require("skopeo"), "copy", "-q", $"oci:{LayoutPath}:small", $"docker-archive:{Archive}:test/small:1");
    }

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }
}
