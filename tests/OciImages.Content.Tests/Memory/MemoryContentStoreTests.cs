using OciImages.Content.Memory;

namespace OciImages.Content.Tests.Memory;

public sealed class MemoryContentStoreTests : ContentStoreContract
{
    public MemoryContentStoreTests() => Store = new MemoryContentStore(Time);

    protected override IContentStore Store { get; }

    protected override IContentStore Other => Store;
}
