using OciImages.Layers.Drivers;

namespace OciImages.Layers.Tests.Store;

public sealed class VfsWritableLayerTests : WritableLayerContract
{
    protected override FileLayerStore Create(string root) => new(Path.Combine(root, "image/vfs/layerdb"), new VfsDriver(Path.Combine(root, "vfs")));
}
