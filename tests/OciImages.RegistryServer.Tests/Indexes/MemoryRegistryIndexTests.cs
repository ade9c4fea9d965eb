namespace OciImages.RegistryServer.Tests.Indexes;

public sealed class MemoryRegistryIndexTests : RegistryIndexContract
{
    protected override IRegistryIndex Index { get; } = new MemoryRegistryIndex();
}
