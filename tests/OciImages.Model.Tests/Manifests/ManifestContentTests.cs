using OciImages.Manifests;

namespace OciImages.Tests.Manifests;

public class ManifestContentTests
{
    [Fact]
    public void Constructor_Bytes_AreDescribed()
    {
        var content = new ManifestContent(MediaTypes.OciManifest, "{}"u8.ToArray());
        Assert.Equal(new Descriptor(MediaTypes.OciManifest, Digest.Compute("{}"u8), 2), content.Descriptor);
    }

    [Fact]
    public void Constructor_OtherDigest_IsCorrupt()
    {
        var wanted = Digest.Compute("x"u8, DigestAlgorithm.Sha512);
        var e = Assert.Throws<OciException>(() => new ManifestContent(MediaTypes.OciManifest, "{}"u8.ToArray(), wanted));
        Assert.Equal(OciErrorKind.Corrupt, e.Kind);
        Assert.Equal(wanted, new ManifestContent(MediaTypes.OciManifest, "x"u8.ToArray(), wanted).Descriptor.Digest);
    }

    [Fact]
    public void Constructor_TooLarge_Refuses() => Assert.Equal(
        OciErrorKind.InvalidInput,
        Assert.Throws<OciException>(() => new ManifestContent(MediaTypes.OciManifest, new byte[ManifestContent.MaxSize + 1])).Kind);
}
