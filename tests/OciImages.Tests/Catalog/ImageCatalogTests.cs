using OciImages.Tests.Fakes;

namespace OciImages.Tests.Catalog;

public sealed class ImageCatalogTests : IAsyncDisposable
{
    private readonly PullFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task ListAsync_Images_TellsSizesLabelsAndReferences()
    {
        _fixture.AddImage("v1", layers: 2);
        var pulled = await _fixture.Puller.PullAsync(PullFixture.Reference);

        var summary = Assert.Single(await _fixture.Catalog.ListAsync().ToListAsync());

        Assert.Equal(pulled.ImageId, summary.Id);
        Assert.Equal(["registry.example/app:v1"], summary.RepoTags);
        Assert.Equal("yes", summary.Labels["org.example"]);
        Assert.Equal((await _fixture.Root.Layers.ListAsync().ToListAsync()).Sum(layer => layer.Size), summary.Size);
        Assert.Equal(new DateTimeOffset(2023, 11, 14, 22, 13, 20, 500, TimeSpan.Zero), summary.Created);
    }

    [Theory]
    [InlineData("registry.example/app:v1")]
    [InlineData("sha256:ID")]
    [InlineData("ID")]
    [InlineData("PREFIX")]
    [InlineData("sha256:PREFIX")]
    public async Task FindAsync_EveryWayToNameAnImage_FindsIt(string pattern)
    {
        _fixture.AddImage("v1");
        var id = (await _fixture.Puller.PullAsync(PullFixture.Reference)).ImageId;
        string name = pattern.Replace("ID", id.Value.Hex, StringComparison.Ordinal).Replace("PREFIX", id.Value.Hex[..7], StringComparison.Ordinal);

        Assert.Equal(id, (await _fixture.Catalog.FindAsync(name))?.Id);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("0000000")]
    [InlineData("sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("not a reference")]
    [InlineData("")]
    public async Task FindAsync_NoSuchImage_IsNull(string name) => Assert.Null(await _fixture.Catalog.FindAsync(name));

    [Fact]
    public async Task FindAsync_TagThatLooksLikeAShortId_WinsOverTheId()
    {
        _fixture.AddImage("v1");
        _fixture.AddImage("v2", salt: "other");
        var first = await _fixture.Puller.PullAsync(PullFixture.Reference);
        var second = await _fixture.Puller.PullAsync(PullFixture.Reference.WithTag("v2"));
        string looksLikeFirst = first.ImageId.Value.Hex[..10];
        await _fixture.Root.References.SetAsync(ImageReference.Parse(looksLikeFirst).WithDefaultTag(), second.ImageId);

        Assert.Equal(second.ImageId, (await _fixture.Catalog.FindAsync(looksLikeFirst))?.Id);
    }

    [Fact]
    public async Task InspectAsync_NoSuchImage_SaysItAsDockerDoes()
    {
        var error = await Assert.ThrowsAsync<OciException>(() => _fixture.Catalog.InspectAsync("nginx").AsTask());
        Assert.Equal(OciErrorKind.NotFound, error.Kind);
        Assert.Equal("No such image: nginx:latest", error.Message);
    }

    [Fact]
    public async Task InspectAsync_Image_TellsLayersLowestFirst()
    {
        _fixture.AddImage("v1", layers: 3);
        await _fixture.Puller.PullAsync(PullFixture.Reference);

        var details = await _fixture.Catalog.InspectAsync("registry.example/app:v1");

        Assert.Equal(details.Image.Config.DiffIds, details.Layers.Select(layer => layer.DiffId));
        Assert.Equal(details.Image.Top, details.Layers[^1].ChainId);
        Assert.Equal("blob", details.DriverName);
        Assert.Null(details.LastTagTime);
    }

    [Fact]
    public async Task GetHistoryAsync_Image_IsNewestFirstWithSizesOfItsLayers()
    {
        _fixture.AddImage("v1", layers: 2);
        var pulled = await _fixture.Puller.PullAsync(PullFixture.Reference);

        var history = await _fixture.Catalog.GetHistoryAsync("registry.example/app:v1");

        Assert.Equal(["CMD [\"/bin/sh\"]", "step 1", "step 0"], history.Select(item => item.CreatedBy));
        Assert.Equal(pulled.ImageId, history[0].Id);
        Assert.Equal(["registry.example/app:v1"], history[0].Tags);
        Assert.Null(history[1].Id);
        Assert.Equal(0, history[0].Size);
        Assert.All(history.Skip(1), item => Assert.True(item.Size > 0));
    }
}
