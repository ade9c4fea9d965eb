using OciImages.Layers.Drivers;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Drivers;

public sealed class BlobDriverTests : TarDriverContract
{
    protected override IStorageDriver Create(string root) => new BlobDriver(root);

    [Fact]
    public async Task Mount_AnyLayer_NamesWhatToDoInstead()
    {
        string id = await AddAsync(new TarBuilder());

        var refusal = await Assert.ThrowsAsync<OciException>(async () => await Driver.MountAsync(id));

        Assert.Equal(OciErrorKind.Unsupported, refusal.Kind);
        Assert.Contains("oci unpack", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(OciErrorKind.Unsupported, (await Assert.ThrowsAsync<OciException>(async () => await Driver.CreateWritableAsync(SampleLayers.NewId(), id))).Kind);
    }
}
