using OciImages.Archives;
using OciImages.Events;
using OciImages.TestSupport;
using OciImages.TestSupport.Tars;
using OciImages.Tests.Fakes;

namespace OciImages.Tests.Archives;

/// <summary>Round trips between roots, and what stays in a root.</summary>
public sealed class ImageArchiverTests : IAsyncLifetime
{
    private readonly PullFixture _from = new();
    private readonly PullFixture _to = new();

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        await _from.DisposeAsync();
        await _to.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Load_OfASavedImage_GivesTheSameImage(bool asFile)
    {
        _from.AddImage("v1", layers: 3);
        var pulled = await _from.Puller.PullAsync(PullFixture.Reference);
        string archive = await SaveAsync(_from, PullFixture.Reference.ToString());

        var loaded = Assert.Single(await LoadAsync(_to, archive, asFile));

        Assert.Equal(pulled.ImageId, loaded.Id);
        Assert.Equal([PullFixture.Reference], loaded.References);
        Assert.Empty(loaded.Replaced);
        Assert.Equal(pulled.ImageId, await _to.Root.References.FindAsync(PullFixture.Reference));
        var details = await _to.Catalog.InspectAsync(pulled.ImageId.ToString());
        Assert.Equal(3, details.Layers.Count);
        Assert.Equal((await _from.Root.Images.FindAsync(pulled.ImageId))!.Bytes.ToArray(), details.Image.Config.Bytes.ToArray());
    }

    [Fact]
    public async Task Save_Twice_GivesTheSameBytes()
    {
        _from.AddImage("v1");
        _from.AddImage("v2", salt: "other");
        await _from.Puller.PullAsync(PullFixture.Reference);
        await _from.Puller.PullAsync(PullFixture.Reference with { Tag = "v2" });

        string first = await SaveAsync(_from, "registry.example/app");
        string second = await SaveAsync(_from, "registry.example/app:v2", "registry.example/app:v1", "registry.example/app:v2");
        string third = await SaveAsync(_from, "registry.example/app");

        Assert.Equal(await File.ReadAllBytesAsync(first), await File.ReadAllBytesAsync(third));
        Assert.Equal(new FileInfo(first).Length, new FileInfo(second).Length);
        Assert.Equal(2, (await LoadAsync(_to, first, asFile: true)).Count);
    }

    [Fact]
    public async Task Save_ByIdWithoutAnyName_HasNoTags()
    {
        _from.AddImage("v1");
        var pulled = await _from.Puller.PullAsync(PullFixture.Reference);

        string archive = await SaveAsync(_from, pulled.ImageId.Value.Hex[..12]);
        var loaded = Assert.Single(await LoadAsync(_to, archive, asFile: true));

        Assert.Equal(pulled.ImageId, loaded.Id);
        Assert.Empty(loaded.References);
    }

    [Fact]
    public async Task Save_WithoutTheBlobs_RebuildsTheLayers()
    {
        _from.AddImage("v1", layers: 3);
        var pulled = await _from.Puller.PullAsync(PullFixture.Reference);
        await foreach (var content in _from.Root.Content.ListAsync())
            await _from.Root.Content.DeleteAsync(content.Digest);

        string archive = await SaveAsync(_from, PullFixture.Reference.ToString());
        var loaded = Assert.Single(await LoadAsync(_to, archive, asFile: false));

        Assert.Equal(pulled.ImageId, loaded.Id);
        Assert.Equal(3, (await _to.Catalog.InspectAsync(pulled.ImageId.ToString())).Layers.Count);
    }

    [Fact]
    public async Task Save_WithADamagedBlob_FailsInsteadOfSpreadingIt()
    {
        _from.AddImage("v1", layers: 1);
        await _from.Puller.PullAsync(PullFixture.Reference);
        string blob = Directory.EnumerateFiles(Path.Combine(_from.Root.Path, "oci-images", "content", "blobs", "sha256"))
            .Single(file => File.ReadAllBytes(file) is [0x1f, 0x8b, ..]);
        byte[] bytes = await File.ReadAllBytesAsync(blob);
        bytes[^5] ^= 1;
        File.SetUnixFileMode(blob, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllBytesAsync(blob, bytes);

        var failure = await Assert.ThrowsAsync<OciException>(() => SaveAsync(_from, PullFixture.Reference.ToString()));

        Assert.Equal(OciErrorKind.Corrupt, failure.Kind);
    }

    [Fact]
    public async Task Save_OfNothing_SaysWhat()
    {
        var failure = await Assert.ThrowsAsync<OciException>(() => SaveAsync(_from, "nosuch"));

        Assert.Equal(OciErrorKind.NotFound, failure.Kind);
        Assert.Contains("No such image: nosuch", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Load_OfWhatIsHere_WritesNoLayer(bool asFile)
    {
        _from.AddImage("v1", layers: 3);
        await _from.Puller.PullAsync(PullFixture.Reference);
        string archive = await SaveAsync(_from, PullFixture.Reference.ToString());
        await LoadAsync(_to, archive, asFile: true);
        var before = Snapshot(_to);

        await LoadAsync(_to, archive, asFile);

        Assert.Equal(before, Snapshot(_to));
    }

    [Fact]
    public async Task Load_OfATagThatNamesAnother_MovesItAndTells()
    {
        _from.AddImage("v1");
        await _from.Puller.PullAsync(PullFixture.Reference);
        string archive = await SaveAsync(_from, PullFixture.Reference.ToString());
        _to.AddImage("v1", salt: "older");
        var old = await _to.Puller.PullAsync(PullFixture.Reference);

        var loaded = Assert.Single(await LoadAsync(_to, archive, asFile: true));

        Assert.Equal(old.ImageId, loaded.Replaced[PullFixture.Reference]);
        Assert.Equal(loaded.Id, await _to.Root.References.FindAsync(PullFixture.Reference));
        Assert.NotNull(await _to.Root.Images.FindAsync(old.ImageId));
    }

    [Fact]
    public async Task Load_PublishesAnEvent()
    {
        _from.AddImage("v1");
        await _from.Puller.PullAsync(PullFixture.Reference);
        string archive = await SaveAsync(_from, PullFixture.Reference.ToString());
        var events = _to.Events.ListenAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator();

        var loaded = Assert.Single(await LoadAsync(_to, archive, asFile: true));

        Assert.True(await events.MoveNextAsync());
        Assert.Equal((ImageEventType.Load, loaded.Id), (events.Current.Type, events.Current.ImageId));
        await events.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Load_CutAnywhere_LeavesNothing(bool asFile)
    {
        _from.AddImage("v1", layers: 2);
        await _from.Puller.PullAsync(PullFixture.Reference);
        byte[] whole = await File.ReadAllBytesAsync(await SaveAsync(_from, PullFixture.Reference.ToString()));
        await LoadAsync(_to, await WriteAsync(new TarBuilder().File("manifest.json", "[]").ToArray()), asFile: true);
        var before = Snapshot(_to);

        // The last blob ends before the padding and the two blocks of zeros.
        foreach (int length in new[] { 100, 512, 2000, whole.Length / 3, whole.Length / 2, whole.Length - 1024 - 600 })
        {
            await Assert.ThrowsAsync<OciException>(async () => await LoadAsync(_to, await WriteAsync(whole[..length]), asFile));
            Assert.Equal(before, Snapshot(_to));
        }
    }

    private async Task<string> SaveAsync(PullFixture fixture, params string[] names)
    {
        string path = fixture[$"{Guid.NewGuid():N}.tar"];
        await using var file = File.Create(path);
        await new ImageArchiver(fixture.Root, fixture.Catalog, fixture.Events).SaveAsync(names, file, null, TestContext.Current.CancellationToken);
        return path;
    }

    private async Task<string> WriteAsync(byte[] archive)
    {
        string path = _from[$"{Guid.NewGuid():N}.tar"];
        await File.WriteAllBytesAsync(path, archive);
        return path;
    }

    private static async Task<IReadOnlyList<LoadedImage>> LoadAsync(PullFixture fixture, string path, bool asFile)
    {
        await using var file = File.OpenRead(path);
        await using Stream archive = asFile ? file : new BufferedStream(file);
        return await new ImageArchiver(fixture.Root, fixture.Catalog, fixture.Events).LoadAsync(archive, null, TestContext.Current.CancellationToken);
    }

    private static List<string> Snapshot(PullFixture fixture) =>
        [.. Directory.EnumerateFiles(fixture.Root.Path, "*", SearchOption.AllDirectories)
            .Where(path => !path.EndsWith(".lock", StringComparison.Ordinal) && !path.EndsWith("repositories.json", StringComparison.Ordinal))
            .Select(path => $"{path} {File.GetLastWriteTimeUtc(path):O}").Order(StringComparer.Ordinal)];
}
