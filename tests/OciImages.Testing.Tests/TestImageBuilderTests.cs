using OciImages.Manifests;

namespace OciImages.Testing.Tests;

public class TestImageBuilderTests
{
    [Theory]
    [InlineData(TestImageFormat.Oci, true, MediaTypes.OciManifest, MediaTypes.OciLayerGzip)]
    [InlineData(TestImageFormat.Oci, false, MediaTypes.OciManifest, MediaTypes.OciLayer)]
    [InlineData(TestImageFormat.Docker, true, MediaTypes.DockerManifest, MediaTypes.DockerLayerGzip)]
    public void Build_OfTwoLayers_HasAllThatItsManifestNames(TestImageFormat format, bool isCompressed, string manifestType, string layerType)
    {
        var image = new TestImageBuilder { Format = format, IsCompressed = isCompressed }.AddLayer(("a", "1")).AddLayer(("b", "2")).Build();
        var manifest = Assert.IsType<ImageManifest>(image.Manifest);
        Assert.Equal(manifestType, manifest.MediaType);
        Assert.All(manifest.Layers, layer => Assert.Equal(layerType, layer.MediaType));
        Assert.Equal(2, manifest.Layers.Count);
        Assert.All(manifest.Layers.Append(manifest.Config), blob => Assert.Equal(blob.Digest, Digest.Compute(image.Blobs[blob.Digest].Span)));
    }

    [Fact]
    public void Build_Twice_GivesTheSameDigest()
    {
        Assert.Equal(Make(), Make());

        static Digest Make() => new TestImageBuilder().AddLayer(("etc/motd", "hello\n")).Build().Digest;
    }
}
