using OciImages.Layers.Drivers;

namespace OciImages.Layers.Tests.Store;

public sealed class BlobLayerStoreTests : LayerStoreContract
{
    protected override ILayerStore Create(string root) => new FileLayerStore(Path.Combine(root, "image/blob/layerdb"), new BlobDriver(Path.Combine(root, "blob")), Options);
}
