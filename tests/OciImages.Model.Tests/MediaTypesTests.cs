namespace OciImages.Tests;

public class MediaTypesTests
{
    [Fact]
    public void AcceptedManifests_AreWhatParseReads()
    {
        Assert.Equal(4, MediaTypes.AcceptedManifests.Count);
        Assert.All(MediaTypes.AcceptedManifests, m => Assert.True(MediaTypes.IsIndex(m) != MediaTypes.IsImageManifest(m)));
        Assert.DoesNotContain(MediaTypes.AcceptedManifests, MediaTypes.IsSchema1);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("application/vnd.oci.image.manifest.v1+json; charset=utf-8")]
    [InlineData("APPLICATION/VND.OCI.IMAGE.MANIFEST.V1+JSON")]
    public void Is_Nothing_IsFalse(string? mediaType) => Assert.False(
        MediaTypes.IsImageManifest(mediaType) || MediaTypes.IsIndex(mediaType) || MediaTypes.IsSchema1(mediaType)
        || MediaTypes.IsLayer(mediaType) || MediaTypes.IsForeignLayer(mediaType));
}
