using OciImages.Layers.Drivers;

namespace OciImages.Layers.Tests.Store;

public sealed class VfsLayerStoreTests : LayerStoreContract
{
    protected override ILayerStore Create(string root) => new FileLayerStore(Path.Combine(root, "image/vfs/layerdb"), new VfsDriver(Path.Combine(root, "vfs")), Options);
}
