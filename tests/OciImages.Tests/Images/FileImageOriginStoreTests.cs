using OciImages.Images;
using OciImages.TestSupport;

namespace OciImages.Tests.Images;

public sealed class FileImageOriginStoreTests : IDisposable
{
    private static readonly ImageId Image = new(Digest.Compute("image"u8));

    private readonly TempDirectory _directory = new();
    private readonly FileImageOriginStore _store;

    public FileImageOriginStoreTests() => _store = new FileImageOriginStore(_directory["origins"]);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task EmptyStore_HasNothing_AndTouchesNothing()
    {
        Assert.Empty(await _store.ReadAsync(Image));
        Assert.Empty(await _store.ListImagesAsync().ToListAsync());
        Assert.False(await _store.DeleteAsync(Image));
        Assert.False(Directory.Exists(_store.Root));
    }

    [Fact]
    public async Task Add_IsReadByOthers_OldestFirst()
    {
        var first = Origin("a:1", "m1") with { Indexes = [Descriptor("i1"), Descriptor("i2")], Platform = new Platform("linux", "arm", "v7") };
        await _store.AddAsync(Image, first);
        await _store.AddAsync(Image, Origin("a:2", "m2"));
        await _store.AddAsync(Image, first);

        var read = await new FileImageOriginStore(_store.Root).ReadAsync(Image);
        Assert.Equal(["docker.io/library/a:2", "docker.io/library/a:1"], read.Select(origin => origin.Reference.ToString()));
        Assert.True(read[1].IsSame(first));
        Assert.Equal(first.Manifest, read[1].Manifest);
        Assert.Equal(first.Indexes, read[1].Indexes);
        Assert.Equal("linux/arm/v7", read[1].Platform?.ToString());
        Assert.Equal(Descriptor("i1"), read[1].Root);
        Assert.Equal(Descriptor("m2"), read[0].Root);
        Assert.Equal([Image], await _store.ListImagesAsync().ToListAsync());
    }

    [Fact]
    public async Task Add_TheNewestAgain_WritesNothing()
    {
        await _store.AddAsync(Image, Origin("a:1", "m1"));
        File.SetLastWriteTimeUtc(RecordPath, DateTime.UnixEpoch);
        await _store.AddAsync(Image, Origin("a:1", "m1"));

        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(RecordPath));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"origins":[{"reference":"a:1"}]}""")]
    [InlineData("""{"origins":[{"reference":"A","manifest":{"mediaType":"x","digest":"sha256:0","size":1}}]}""")]
    [InlineData("""{"origins":[{"reference":"a:1","manif""")]
    public async Task DamagedRecord_IsNamed_AndReplacedByTheNext(string content)
    {
        await _store.AddAsync(Image, Origin("a:1", "m1"));
        await File.WriteAllTextAsync(RecordPath, content);
        var failure = await Assert.ThrowsAsync<StorageException>(async () => await _store.ReadAsync(Image));
        Assert.Equal(OciErrorKind.Corrupt, failure.Kind);
        Assert.Equal(RecordPath, failure.Path);

        await _store.AddAsync(Image, Origin("a:2", "m2"));
        Assert.Equal("a:2", Assert.Single(await _store.ReadAsync(Image)).Reference.ToFamiliarString());
    }

    [Fact]
    public async Task Add_ByManyAtOnce_LosesNone()
    {
        FileImageOriginStore[] stores = [_store, new FileImageOriginStore(_store.Root)];
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(async () => await stores[i % 2].AddAsync(Image, Origin($"a:{i}", $"m{i}")))));

        Assert.Equal(20, (await _store.ReadAsync(Image)).Count);
        Assert.True(await _store.DeleteAsync(Image));
        Assert.Empty(await stores[1].ReadAsync(Image));
    }

    private string RecordPath => Path.Combine(_store.Root, "sha256", Image.Value.Hex);

    private static ImageOrigin Origin(string reference, string manifest) => new(ImageReference.Parse(reference), Descriptor(manifest));

    private static Descriptor Descriptor(string content) =>
        new(MediaTypes.OciManifest, Digest.Compute(System.Text.Encoding.UTF8.GetBytes(content)), content.Length);
}
