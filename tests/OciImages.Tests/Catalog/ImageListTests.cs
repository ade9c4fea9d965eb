using OciImages.Catalog;
using OciImages.Configs;
using OciImages.Removal;
using OciImages.TestSupport.Tars;
using OciImages.Tests.Fakes;

namespace OciImages.Tests.Catalog;

/// <summary>Four images, a minute apart: <c>old:1</c>, an unnamed parent on it, <c>lib/new:1</c> and <c>:2</c> on that, and an unnamed leaf.</summary>
public sealed class ImageListTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PullFixture _fixture = new();
    private readonly Dictionary<ImageId, string> _names = [];

    public async ValueTask InitializeAsync()
    {
        var first = await _fixture.Root.Layers.StageAsync(new TarBuilder().File("a", "12345").ToStream());
        await using var below = await first.CommitAsync(null);
        var second = await _fixture.Root.Layers.StageAsync(new TarBuilder().File("b", "123").ToStream());
        await using var above = await second.CommitAsync(below.Layer.ChainId);
        DiffId[] one = [below.Layer.DiffId];
        DiffId[] two = [below.Layer.DiffId, above.Layer.DiffId];
        var old = await AddAsync("old", 0, one, null, ("k", "v"));
        var parent = await AddAsync("parent", 1, one, old);
        var made = await AddAsync("new", 2, two, parent, ("k", "w"), ("l", ""));
        await AddAsync("leaf", 3, two, null);
        await _fixture.Root.References.SetAsync(ImageReference.Parse("old:1"), old);
        await _fixture.Root.References.SetAsync(ImageReference.Parse("lib/new:1"), made);
        await _fixture.Root.References.SetAsync(ImageReference.Parse("lib/new:2"), made);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData("", "leaf new old")]
    [InlineData("all", "leaf new parent old")]
    [InlineData("dangling=true", "leaf")]
    [InlineData("all dangling=true", "leaf")]
    [InlineData("dangling=false", "new old")]
    [InlineData("all dangling=false", "new old")]
    [InlineData("dangling=1 dangling=0", "leaf")]
    [InlineData("label=k", "new old")]
    [InlineData("label=k=v", "old")]
    [InlineData("label=k label=l", "new")]
    [InlineData("label!=k", "leaf")]
    [InlineData("label!=k=v", "leaf new")]
    [InlineData("label!=k=v label!=l", "leaf")]
    [InlineData("before=lib/new:1", "old")]
    [InlineData("all before=lib/new:1", "parent old")]
    [InlineData("since=old:1", "leaf new")]
    [InlineData("since=old:1 before=LEAF", "new")]
    [InlineData("before=lib/new:1 before=LEAF", "old")]
    [InlineData("until=2024-01-01T00:02:00Z", "old")]
    [InlineData("until=2024-01-01T00:02:01Z", "new old")]
    [InlineData("until=1704067321 until=60s", "new old")]
    [InlineData("until=8h", "leaf new old")]
    [InlineData("reference=old", "old")]
    [InlineData("reference=old:1", "old")]
    [InlineData("reference=*", "old")]
    [InlineData("reference=lib/*", "new")]
    [InlineData("reference=*/new:2", "new")]
    [InlineData("reference=nothing", "")]
    [InlineData("reference=old reference=lib/new", "new old")]
    public async Task ListAsync_Filters_ListWhatDockerLists(string words, string expected)
    {
        string leaf = _names.Single(name => name.Value == "leaf").Key.ToString();
        string[] filters = words.Replace("LEAF", leaf, StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var options = ListFilters.Parse(filters.Where(filter => filter != "all"), Start.AddHours(10));
        options.All = filters.Contains("all");

        var listed = await _fixture.Catalog.ListAsync(options).ToListAsync();

        Assert.Equal(expected, string.Join(' ', listed.Select(image => _names[image.Id])));
    }

    [Fact]
    public async Task ListAsync_ByReference_ShowsOnlyTheReferencesThatFit()
    {
        var image = await _fixture.Catalog.ListAsync(new ListOptions { References = ["*/*:2"] }).SingleAsync();
        Assert.Equal(["lib/new:2"], image.RepoTags);
    }

    [Theory]
    [InlineData("foo=bar", OciErrorKind.InvalidInput, "Invalid filter 'foo'")]
    [InlineData("dangling=maybe", OciErrorKind.InvalidInput, "Invalid filter 'dangling=[maybe]'")]
    [InlineData("before=nope", OciErrorKind.NotFound, "No such image: nope:latest")]
    [InlineData("since=nope:1", OciErrorKind.NotFound, "No such image: nope:1")]
    [InlineData("until=yesterday", OciErrorKind.InvalidInput, "Invalid filter 'until=[yesterday]'")]
    [InlineData("until", OciErrorKind.InvalidInput, "bad format of filter (expected name=value): until")]
    public async Task ListAsync_BadFilter_IsRefusedInDockersWords(string filter, OciErrorKind kind, string message)
    {
        var error = await Assert.ThrowsAsync<OciException>(
            async () => await _fixture.Catalog.ListAsync(ListFilters.Parse([filter], Start)).ToListAsync());
        Assert.Equal((kind, message), (error.Kind, error.Message));
    }

    [Fact]
    public async Task ListAsync_BadPattern_IsRefused() =>
        await Assert.ThrowsAsync<OciException>(async () => await _fixture.Catalog.ListAsync(new ListOptions { References = ["[a"] }).ToListAsync());

    [Fact]
    public async Task ListAsync_Sizes_TellWhatListedImagesShare()
    {
        var options = new ListOptions { SharedSize = true, CountContainers = true };
        var catalog = new ImageCatalog(_fixture.Root, new OneUser(_names.Single(name => name.Value == "leaf").Key));

        var listed = await catalog.ListAsync(options).ToDictionaryAsync(image => _names[image.Id]);
        Assert.Equal((8, 8, 1), (listed["leaf"].Size, listed["leaf"].SharedSize, listed["leaf"].Containers));
        Assert.Equal((8, 8, 0), (listed["new"].Size, listed["new"].SharedSize, listed["new"].Containers));
        Assert.Equal((5, 5, 0), (listed["old"].Size, listed["old"].SharedSize, listed["old"].Containers));
        Assert.Equal("parent", _names[listed["new"].Parent!.Value]);

        options.Dangling = false;
        listed = await catalog.ListAsync(options).ToDictionaryAsync(image => _names[image.Id]);
        Assert.Equal((5L, 5L), (listed["new"].SharedSize, listed["old"].SharedSize));

        options.Labels = ["l"];
        Assert.Equal(0, (await catalog.ListAsync(options).SingleAsync()).SharedSize);
        Assert.Null((await catalog.ListAsync().FirstAsync()).SharedSize);
    }

    private async Task<ImageId> AddAsync(string name, int minute, DiffId[] layers, ImageId? parent, params (string Key, string Value)[] labels)
    {
        var builder = new ImageConfigBuilder
        {
            Platform = new Platform("linux", "amd64"),
            Created = Start.AddMinutes(minute),
            Config = new ContainerConfig { Labels = labels.ToDictionary(label => label.Key, label => label.Value) },
            Comment = name,
        };
        foreach (var layer in layers)
            builder.DiffIds.Add(layer);
        var id = await _fixture.Root.Images.PutAsync(builder.Build().Bytes);
        if (parent is not null)
            await _fixture.Root.Images.SetParentAsync(id, parent);
        _names[id] = name;
        return id;
    }

    private sealed class OneUser(ImageId image) : IImageUsage
    {
        public ValueTask<IReadOnlyList<ImageUser>> ListUsersAsync(ImageId imageId, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IReadOnlyList<ImageUser>>(imageId == image ? [new ImageUser("c", IsRunning: true)] : []);
    }
}
