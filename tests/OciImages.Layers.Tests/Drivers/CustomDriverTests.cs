using CustomStorageDriver;
using OciImages.Layers.Drivers;

namespace OciImages.Layers.Tests.Drivers;

/// <summary>The driver of samples/CustomStorageDriver keeps what the contract asks of every driver.</summary>
public sealed class CustomDriverTests : TarDriverContract
{
    protected override int TreeDepth => 800;

    protected override IStorageDriver Create(string root) => new GzipDriver(root);
}
