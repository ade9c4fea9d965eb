using OciImages.TestSupport;

namespace OciImages.RegistryServer.Tests.Indexes;

public sealed class FileRegistryIndexTests : RegistryIndexContract, IDisposable
{
    private readonly TempDirectory _directory = new();

    public FileRegistryIndexTests() => Index = new FileRegistryIndex(_directory.Path);

    protected override IRegistryIndex Index { get; }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Index_OfAnotherProcess_SeesEverything()
    {
        await Index.PutManifestAsync(Repository, Manifest("m"), ["Latest"], []);
        var other = new FileRegistryIndex(_directory.Path);
        Assert.Equal(Manifest("m").Descriptor.Digest, await other.FindTagAsync(Repository, "Latest"));
        await other.RemoveTagAsync(Repository, "Latest");
        Assert.Null(await Index.FindTagAsync(Repository, "Latest"));
    }

    [Fact]
    public async Task PutManifest_FromTwoInstancesAtOnce_LosesNone()
    {
        var other = new FileRegistryIndex(_directory.Path);
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Task.Run(async () =>
            await (i % 2 == 0 ? Index : other).PutManifestAsync(Repository, Manifest($"m{i}"), [$"t{i}"], []))));
        Assert.Equal(30, await Index.ListTagsAsync(Repository).CountAsync());
    }

    [Fact]
    public async Task Reads_BeforeAnyWrite_MakeNoFiles()
    {
        await Index.HasRepositoryAsync(Repository);
        await Index.FindTagAsync(Repository, "t");
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task ListTags_BesideLeftoversAndStrangers_ShowsOnlyTags()
    {
        await Index.PutManifestAsync(Repository, Manifest("m"), ["t"], []);
        string tags = _directory["repositories/a/b/_tags"];
        foreach (string name in new[] { ".tmp-t~123", "no-tilde", "~", "1~1", "T~", "x~zz", "-~" })
            File.WriteAllText(Path.Combine(tags, name), "");
        Assert.Equal(["t"], await Index.ListTagsAsync(Repository).ToListAsync());
    }

    [Fact]
    public async Task DamagedFiles_AreToldAsCorrupt()
    {
        var manifest = Manifest("m");
        await Index.PutManifestAsync(Repository, manifest, ["t"], []);
        File.WriteAllText(_directory["repositories/a/b/_tags/t~"], "sha256:nonsense");
        File.WriteAllText(Directory.GetFiles(_directory["repositories/a/b/_manifests"]).Single(), "{}");
        Assert.Equal(OciErrorKind.Corrupt, (await Assert.ThrowsAsync<StorageException>(async () => await Index.FindTagAsync(Repository, "t"))).Kind);
        Assert.Equal(
            OciErrorKind.Corrupt,
            (await Assert.ThrowsAsync<StorageException>(async () => await Index.FindManifestAsync(Repository, manifest.Descriptor.Digest))).Kind);
    }
}
