using OciImages.TestSupport.Logging;
using OciImages.Distribution;
using OciImages.TestSupport;

namespace OciImages.Tests.Distribution;

public sealed class DistributionMetadataStoreTests : IDisposable
{
    private static readonly DiffId Layer = new(Digest.Compute("layer"u8));
    private static readonly Digest Blob = Digest.Compute("blob"u8);
    private static readonly RepositoryName Nginx = RepositoryName.Parse("nginx");

    private readonly TempDirectory _directory = new();
    private readonly RecordingLogger<DistributionMetadataStore> _log = new();
    private readonly DistributionMetadataStore _store;

    public DistributionMetadataStoreTests() => _store = new DistributionMetadataStore(_directory["image/overlay2/distribution"], _log);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task EmptyStore_KnowsNothing_AndTouchesNothing()
    {
        Assert.Null(await _store.FindDiffIdAsync(Blob));
        Assert.Empty(await _store.ListSourcesAsync(Layer));
        Assert.False(Directory.Exists(_store.Root));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _store.FindDiffIdAsync(default));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _store.AddAsync(default, Blob, Nginx));
    }

    [Fact]
    public async Task Add_WritesDockersFiles()
    {
        await _store.AddAsync(Layer, Blob, Nginx);

        Assert.Equal(Layer, await _store.FindDiffIdAsync(Blob));
        Assert.Equal([new BlobSource(Blob, Nginx, "")], await _store.ListSourcesAsync(Layer));
        Assert.Equal(Layer.ToString(), await File.ReadAllTextAsync(DiffIdFile));
        Assert.Equal(
            $$"""[{"Digest":"{{Blob}}","SourceRepository":"docker.io/library/nginx","HMAC":""}]""", await File.ReadAllTextAsync(SourcesFile));
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal((UnixFileMode)0b110_100_100, File.GetUnixFileMode(SourcesFile));
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(_store.Root));
        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(Path.GetDirectoryName(SourcesFile)!));
    }

    [Fact]
    public async Task Add_KnownSource_BecomesTheNewest()
    {
        var other = RepositoryName.Parse("127.0.0.1:5000/img1");
        await _store.AddAsync(Layer, Blob, Nginx);
        await _store.AddAsync(Layer, Blob, other);
        await _store.AddAsync(Layer, Blob, Nginx);

        Assert.Equal([other, Nginx], (await _store.ListSourcesAsync(Layer)).Select(source => source.Repository));
    }

    [Fact]
    public async Task Add_SourceOfAPush_IsKeptWithItsMark()
    {
        await _store.AddAsync(Layer, Blob, Nginx);
        string pushed = $$"""{"Digest":"{{Blob}}","SourceRepository":"docker.io/library/nginx","HMAC":"bb94"}""";
        await File.WriteAllTextAsync(SourcesFile, $"[{pushed}]");
        await _store.AddAsync(Layer, Blob, Nginx);

        Assert.Equal(["bb94", ""], (await _store.ListSourcesAsync(Layer)).Select(source => source.Hmac));
        Assert.StartsWith($"[{pushed},", await File.ReadAllTextAsync(SourcesFile));
    }

    [Fact]
    public async Task Add_MoreThanFifty_DropsTheOldest()
    {
        for (int i = 0; i < 52; i++)
            await _store.AddAsync(Layer, Blob, RepositoryName.Parse($"repo{i}"));
        var sources = await _store.ListSourcesAsync(Layer);

        Assert.Equal(DistributionMetadataStore.MaxSources, sources.Count);
        Assert.Equal("repo2", sources[0].Repository.FamiliarName);
        Assert.Equal("repo51", sources[^1].Repository.FamiliarName);
    }

    [Fact]
    public async Task Add_BlobOfAnotherLayer_IsMoved()
    {
        var other = new DiffId(Digest.Compute("other"u8));
        await _store.AddAsync(Layer, Blob, Nginx);
        await _store.AddAsync(other, Blob, Nginx);

        Assert.Equal(other, await _store.FindDiffIdAsync(Blob));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[{")]
    [InlineData("{}")]
    [InlineData("[{\"Digest\":1}]")]
    public async Task DamagedSources_CountAsMissing_AndAreReplaced(string content)
    {
        await _store.AddAsync(Layer, Blob, Nginx);
        await File.WriteAllTextAsync(SourcesFile, content);
        Assert.Empty(await _store.ListSourcesAsync(Layer));
        Assert.Contains(_log.Entries, entry => entry.Message.Contains(SourcesFile));

        await _store.AddAsync(Layer, Blob, Nginx);
        Assert.Single(await _store.ListSourcesAsync(Layer));
    }

    [Fact]
    public async Task OddSources_AreLeftOut()
    {
        await _store.AddAsync(Layer, Blob, Nginx);
        await File.WriteAllTextAsync(
            SourcesFile,
            $$"""[null,{},{"Digest":"{{Blob}}","SourceRepository":"","HMAC":""},{"Digest":"md5:1","SourceRepository":"a","HMAC":""},{"Digest":"{{Blob}}","SourceRepository":"docker.io/library/a","HMAC":""}]""");

        Assert.Equal("a", Assert.Single(await _store.ListSourcesAsync(Layer)).Repository.FamiliarName);
    }

    [Fact]
    public async Task DamagedDiffId_CountsAsMissing()
    {
        await _store.AddAsync(Layer, Blob, Nginx);
        await File.WriteAllTextAsync(DiffIdFile, "sha256:cut");

        Assert.Null(await _store.FindDiffIdAsync(Blob));
        await File.WriteAllTextAsync(DiffIdFile, $" {Layer}\n");
        Assert.Equal(Layer, await _store.FindDiffIdAsync(Blob));
    }

    [Fact]
    public async Task Add_ByManyAtOnce_LosesNone()
    {
        var other = new DistributionMetadataStore(_store.Root);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(async () =>
            await (i % 2 == 0 ? _store : other).AddAsync(Layer, Blob, RepositoryName.Parse($"repo{i}")))));

        Assert.Equal(20, (await _store.ListSourcesAsync(Layer)).Count);
    }

    private string DiffIdFile => Path.Combine(_store.Root, "diffid-by-digest", "sha256", Blob.Hex);

    private string SourcesFile => Path.Combine(_store.Root, "v2metadata-by-diffid", "sha256", Layer.Value.Hex);
}
