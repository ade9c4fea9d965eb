using OciImages.Commit;
using OciImages.Configs;
using OciImages.FileSystems;
using OciImages.Import;
using OciImages.Layers;
using OciImages.TestSupport;
using OciImages.TestSupport.Tars;
using OciImages.Tests.Fakes;

namespace OciImages.Tests.Commit;

public sealed class ImageCommitterTests : IAsyncDisposable
{
    private readonly PullFixture _fixture = CreateFixture();

    private ImageImporter Importer => new(_fixture.Root, _fixture.Events);

    private ImageCommitter Committer => new(_fixture.Root, _fixture.Events);

    private ContainerLayers Layers => new(_fixture.Root, _fixture.Catalog);

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task CommitAsync_WrittenFiles_AreALayerOnTheImage()
    {
        var parent = await ImportAsync("CMD [\"run\", \"it\"]", "ENV A=1 B=2", "LABEL l=1");
        var layer = await Layers.CreateLayerAsync("c1", "base");
        await WriteAsync(layer);

        var id = await Committer.CommitAsync("c1", new CommitOptions
        {
            Reference = ImageReference.Parse("app:2"), Author = "me", Comment = "mine", Changes = ["ENV A=9 C=3", "LABEL m=2", "ENTRYPOINT [\"/e\"]"],
        });

        var details = await _fixture.Catalog.InspectAsync("app:2");
        var config = details.Image.Config;
        Assert.Equal((id, parent), (config.Id, details.Parent));
        Assert.Equal(2, config.DiffIds.Count);
        Assert.Equal(("me", "", "mine", "c1"), (config.Author, config.Comment, details.Comment, config.Container));
        Assert.Equal(["A=9", "B=2", "C=3"], config.Config!.Env!);
        Assert.Equal(["/e"], config.Config.Entrypoint!);
        Assert.Null(config.Config.Cmd);
        Assert.Equal(["l", "m"], config.Config.Labels!.Keys);
        Assert.Equal(["A=1", "B=2"], config.ContainerConfig!.Env!);
        var history = await _fixture.Catalog.GetHistoryAsync("app:2");
        Assert.Equal([("run it", 3L, (ImageId?)id), ("", 5L, parent)], history.Select(step => (step.CreatedBy, step.Size, step.Id)));
        Assert.NotNull(await Layers.FindLayerAsync("c1"));
        Assert.Empty((await Layers.ReleaseLayerAsync("c1"))!);
    }

    [Fact]
    public async Task CommitAsync_NothingWritten_HasNoLayerOfItsOwn()
    {
        await ImportAsync();
        await Layers.CreateLayerAsync("c1", "base");

        var id = await Committer.CommitAsync("c1", new CommitOptions { Changes = ["USER x"] });

        var image = (await _fixture.Catalog.InspectAsync(id.ToString())).Image;
        Assert.Single(image.Config.DiffIds);
        Assert.True(image.Config.History[^1].EmptyLayer);
        Assert.Equal("x", image.Config.Config!.User);
        Assert.Single(await _fixture.Root.Layers.ListAsync().ToListAsync());
    }

    [Fact]
    public async Task CommitAsync_OfALayerOnNothing_IsAnImageOfItsOwn()
    {
        var layer = await _fixture.Root.WritableLayers.CreateAsync("c1", null);
        await WriteAsync(layer);
        var id = await Committer.CommitAsync("c1");
        var details = await _fixture.Catalog.InspectAsync(id.ToString());
        Assert.Null(details.Parent);
        Assert.Single(details.Layers);
    }

    [Fact]
    public async Task CommitAsync_BadOptions_LeaveNothing()
    {
        await ImportAsync();
        var layer = await Layers.CreateLayerAsync("c1", "base");
        await WriteAsync(layer);
        var other = await Importer.ImportAsync(new TarBuilder().File("other").ToStream());

        await AssertFailsAsync(OciErrorKind.NotFound, "nothing", new CommitOptions());
        await AssertFailsAsync(OciErrorKind.InvalidInput, "c1", new CommitOptions { Changes = ["RUN x"] });
        await AssertFailsAsync(OciErrorKind.InvalidInput, "c1", new CommitOptions { Image = other });
        await AssertFailsAsync(OciErrorKind.InvalidInput, "c1", new CommitOptions { Reference = ImageReference.Parse($"app@{other}") });
        await ImportAsync("USER x");
        await AssertFailsAsync(OciErrorKind.Conflict, "c1", new CommitOptions());
        Assert.Equal(2, (await _fixture.Root.Layers.ListAsync().ToListAsync()).Count);
        Assert.Equal(3, (await _fixture.Catalog.ListAsync().ToListAsync()).Count);
        Assert.NotEqual(default, await Committer.CommitAsync("c1", new CommitOptions { Image = await _fixture.Catalog.FindIdAsync("base") }));
    }

    [Fact]
    public async Task CommitAsync_OfAnImageThatWent_SaysSo()
    {
        var parent = await ImportAsync();
        await Layers.CreateLayerAsync("c1", "base");
        await _fixture.Root.References.RemoveAsync(ImageReference.Parse("base:latest"));
        await _fixture.Root.Images.DeleteAsync(parent);
        await AssertFailsAsync(OciErrorKind.NotFound, "c1", new CommitOptions());
    }

    [Fact]
    public async Task ExportAsync_ACommittedImage_IsTheMergedTree()
    {
        await ImportAsync();
        await WriteAsync(await Layers.CreateLayerAsync("c1", "base"));
        await Committer.CommitAsync("c1", new CommitOptions { Reference = ImageReference.Parse("app:2") });
        var exporter = new ImageExporter(_fixture.Catalog, _fixture.FileSystems);
        using var first = new MemoryStream();
        using var second = new MemoryStream();

        await exporter.ExportAsync("app:2", first);
        await exporter.ExportAsync("app:2", second);

        Assert.Equal(first.ToArray(), second.ToArray());
        first.Position = 0;
        var names = new List<string>();
        await using var reader = new System.Formats.Tar.TarReader(first);
        while (await reader.GetNextEntryAsync() is { } entry)
            names.Add(entry.Name);
        Assert.Equal(["dir/", "dir/new"], names.Where(name => name is not ("./" or "/")));
        first.Position = 0;
        var again = await Importer.ImportAsync(first);
        Assert.Equal(3, (await _fixture.Catalog.InspectAsync(again.ToString())).Size);
        await Assert.ThrowsAsync<OciException>(() => exporter.ExportAsync("nothing", second));
    }

    [Fact]
    public async Task ExportAsync_OfAnImageWithoutLayers_IsAnEmptyTar()
    {
        var id = await _fixture.Root.Images.PutAsync(new ImageConfigBuilder().Build().Bytes);
        using var tar = new MemoryStream();
        await new ImageExporter(_fixture.Catalog, _fixture.FileSystems).ExportAsync(id.ToString(), tar);
        Assert.Equal(new byte[1024], tar.ToArray());
    }

    private static PullFixture CreateFixture()
    {
        Peers.RequireRoot();
        return new PullFixture("overlay2");
    }

    // A file of five bytes, which WriteAsync deletes for one of three.
    private Task<ImageId> ImportAsync(params string[] changes) => Importer.ImportAsync(
        new TarBuilder().Directory("dir/").File("dir/old", "12345").ToStream(), new ImportOptions { Reference = ImageReference.Parse("base"), Changes = changes });

    private static async Task WriteAsync(WritableLayer layer)
    {
        await using var mount = await layer.MountAsync();
        Directory.CreateDirectory(Path.Combine(mount.Path, "dir"));
        await File.WriteAllTextAsync(Path.Combine(mount.Path, "dir", "new"), "abc");
        File.Delete(Path.Combine(mount.Path, "dir", "old"));
    }

    private async Task AssertFailsAsync(OciErrorKind kind, string layer, CommitOptions options) =>
        Assert.Equal(kind, (await Assert.ThrowsAsync<OciException>(() => Committer.CommitAsync(layer, options))).Kind);
}
