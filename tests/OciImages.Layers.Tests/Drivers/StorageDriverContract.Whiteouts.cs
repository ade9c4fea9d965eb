using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Drivers;

public abstract partial class StorageDriverContract
{
    private static TarBuilder Below() => new TarBuilder()
        .Directory("d/").File("d/a", "a").File("d/b", "b").Directory("d/sub/").File("d/sub/x", "x").File("top", "t");

    [Fact]
    public Task Whiteout_OfFilesAndTrees_HidesThem() => RunAsync(async () =>
    {
        string id = await AddAsync(new TarBuilder().Whiteout("d/a").Whiteout("d/sub").Whiteout("top").Whiteout("d/nothing"), await AddAsync(Below()));

        Assert.Equal(["", "d", "d/b"], Paths(await TreeAsync(id)));
    });

    [Fact]
    public Task Whiteout_InBaseLayer_IsNoFile() => RunAsync(async () =>
    {
        string id = await AddAsync(new TarBuilder().File("a", "a").Whiteout("b").Directory("d/").Opaque("d").File("d/x", "x").Whiteout("d/y").Directory("e/").Whiteout("e/z").Whiteout("f/z"));

        Assert.Equal(["", "a", "d", "d/x", "e", "f"], Paths(await TreeAsync(id)));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Opaque_WhereverItStands_HidesOnlyWhatIsBelow(bool last) => RunAsync(async () =>
    {
        var tar = new TarBuilder().Directory("d/");
        if (!last)
            tar.Opaque("d");
        tar.File("d/new", "n").Directory("d/sub/").File("d/sub/y", "y");
        if (last)
            tar.Opaque("d");

        string id = await AddAsync(tar, await AddAsync(Below()));

        Assert.Equal(["", "d", "d/new", "d/sub", "d/sub/y", "top"], Paths(await TreeAsync(id)));
    }, $"{nameof(Opaque_WhereverItStands_HidesOnlyWhatIsBelow)}(last: {last})");

    [Fact]
    public Task Whiteout_InADirectoryThatIsNotMerged_IsNoFile() => RunAsync(async () =>
    {
        string id = await AddAsync(
            new TarBuilder().Opaque("d").Whiteout("d/a").Directory("d/sub/").Whiteout("d/sub/x").Directory("new/").Whiteout("new/x"), await AddAsync(Below()));

        Assert.Equal(["", "d", "d/sub", "new", "top"], Paths(await TreeAsync(id)));
    });

    [Fact]
    public Task Opaque_OfTheRoot_HidesEverything() => RunAsync(async () =>
    {
        string id = await AddAsync(new TarBuilder().Opaque("").File("only", "o"), await AddAsync(Below()));

        Assert.Equal(["", "only"], Paths(await TreeAsync(id)));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Whiteout_OfWhatTheLayerMakes_HidesOnlyWhatIsBelow(bool last) => RunAsync(async () =>
    {
        var tar = new TarBuilder();
        if (!last)
            tar.Whiteout("d").Whiteout("top");
        tar.Directory("d/").File("d/new", "n").File("top", "new top");
        if (last)
            tar.Whiteout("d").Whiteout("top");

        var tree = await TreeAsync(await AddAsync(tar, await AddAsync(Below())));

        Assert.Equal(["", "d", "d/new", "top"], Paths(tree));
        Assert.Equal(7, tree["top"].Size);
    }, $"{nameof(Whiteout_OfWhatTheLayerMakes_HidesOnlyWhatIsBelow)}(last: {last})");

    [Fact]
    public Task Whiteout_OfALink_LeavesItsTarget() => RunAsync(async () =>
    {
        string below = await AddAsync(new TarBuilder().Directory("real/").File("real/x", "x").SymbolicLink("link", "real"));

        string id = await AddAsync(new TarBuilder().Whiteout("link"), below);

        Assert.Equal(["", "real", "real/x"], Paths(await TreeAsync(id)));
    });

    [Fact]
    public Task Whiteout_ThenAgainAFile_ShowsTheFile() => RunAsync(async () =>
    {
        string hidden = await AddAsync(new TarBuilder().Whiteout("d"), await AddAsync(Below()));

        var tree = await TreeAsync(await AddAsync(new TarBuilder().Directory("d/").File("d/again", "1"), hidden));

        Assert.Equal(["", "d", "d/again", "top"], Paths(tree));
    });

    [Theory]
    [InlineData(".wh.")]
    [InlineData(".wh..")]
    [InlineData(".wh...")]
    [InlineData("d/.wh...")]
    [InlineData("a/../.wh...")]
    public Task Whiteout_OfNoName_IsRefused(string name) => RunAsync(
        () => RefusedAsync(new TarBuilder().Directory("d/").File(name)), $"{nameof(Whiteout_OfNoName_IsRefused)}(name: {name})");

    [Fact]
    public Task Whiteout_AufsNames_HarmNothing() => RunAsync(async () =>
    {
        string id = await AddAsync(
            new TarBuilder().Directory(".wh..wh.plnk/").File(".wh..wh.plnk/96.17", "kept").File(".wh..wh.aufs").File("x", "x"), await AddAsync(Below()));

        var tree = await TreeAsync(id);

        Assert.Subset(tree.Keys.ToHashSet(), new HashSet<string> { "x", "d/a", "top" });
        Assert.Equal("kept", await ReadAsync(id, ".wh..wh.plnk/96.17"));
    });
}
