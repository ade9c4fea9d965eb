using OciImages.Content.Local;
using OciImages.TestSupport;

namespace OciImages.Content.Tests.Local;

public sealed class LocalContentStoreTests : ContentStoreContract, IDisposable
{
    private readonly TempDirectory _directory = new();

    public LocalContentStoreTests()
    {
        Store = Open();
        Other = Open();
    }

    protected override IContentStore Store { get; }

    protected override IContentStore Other { get; }

    public void Dispose() => _directory.Dispose();

    private LocalContentStore Open() => new(_directory["store"], new LocalContentStoreOptions { TimeProvider = Time });
}
