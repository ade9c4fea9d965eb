using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Drivers;

public abstract partial class StorageDriverContract
{
    [Fact]
    public Task Stage_KnownTar_ReturnsTheSizeOfItsFiles() => RunAsync(async () =>
    {
        string id = SampleLayers.NewId();

        long size = await Driver.StageAsync(id, new TarBuilder().File("a", new byte[1000]).Directory("d/").File("d/b", new byte[24]).HardLink("c", "a").ToStream());
        await Driver.RemoveAsync(id);

        Assert.Equal(1024, size);
    });

    [Fact]
    public Task Stage_EmptyTars_AreLayers() => RunAsync(async () =>
    {
        string id = SampleLayers.NewId();
        Assert.Equal(0, await Driver.StageAsync(id, new MemoryStream()));
        await Driver.CommitAsync(id, null);
        _parents[id] = null;
        string upper = await AddAsync(new TarBuilder(), id);

        Assert.Equal([""], (await TreeAsync(upper)).Keys);
        await Driver.RemoveAsync(upper);
        await Driver.RemoveAsync(id);
    });

    [Fact]
    public Task Stage_SideBySide_KeepsThemApart() => RunAsync(async () =>
    {
        string[] ids = [.. Enumerable.Range(0, 8).Select(_ => SampleLayers.NewId())];
        await Task.WhenAll(ids.Select((id, i) => Task.Run(async () =>
        {
            var tar = new TarBuilder();
            for (int file = 0; file < 50; file++)
                tar.File($"d{file % 7}/{i}-{file}", new byte[file * 100]);
            await Driver.StageAsync(id, tar.ToStream());
        })));
        string? parent = null;
        foreach (string id in ids)
        {
            await Driver.CommitAsync(id, parent);
            _parents[id] = parent;
            parent = id;
        }

        Assert.Equal(1 + 7 + 8 * 50, (await TreeAsync(parent!)).Count);
    });

    [Fact]
    public Task Stage_ExistingId_IsRefused() => RunAsync(async () =>
    {
        string id = await AddAsync(new TarBuilder().File("a", "a"));

        var refusal = await Assert.ThrowsAnyAsync<OciException>(async () => await Driver.StageAsync(id, new MemoryStream()));

        Assert.Equal(OciErrorKind.AlreadyExists, refusal.Kind);
        Assert.Equal("a", await ReadAsync(id, "a"));
    });

    [Theory]
    [InlineData("")]
    [InlineData("../../x")]
    [InlineData("l")]
    [InlineData("ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789")]
    public Task AnyCall_BadId_IsRefused(string id) => RunAsync(async () =>
    {
        Func<Task>[] calls =
        [
            async () => await Driver.StageAsync(id, new MemoryStream()), async () => await Driver.CommitAsync(id, null), async () => await Driver.RemoveAsync(id),
            async () => await Driver.ExistsAsync(id), async () => await Driver.OpenFileAsync(id, "a"u8.ToArray()),
        ];
        foreach (var call in calls)
            Assert.Equal(OciErrorKind.InvalidInput, (await Assert.ThrowsAnyAsync<OciException>(call)).Kind);
    }, $"{nameof(AnyCall_BadId_IsRefused)}(id: {id})");

    [Fact]
    public Task AnyCall_UnknownLayer_IsNotFound() => RunAsync(async () =>
    {
        string id = SampleLayers.NewId(), known = await AddAsync(new TarBuilder());
        Func<Task>[] calls =
        [
            async () => await Driver.CommitAsync(id, null), async () => await Driver.MountAsync(id), async () => await Driver.OpenFileAsync(id, "a"u8.ToArray()),
        ];
        foreach (var call in calls)
            Assert.Equal(OciErrorKind.NotFound, (await Assert.ThrowsAnyAsync<OciException>(call)).Kind);
        string staged = SampleLayers.NewId();
        await Driver.StageAsync(staged, new MemoryStream());
        Assert.Equal(OciErrorKind.NotFound, (await Assert.ThrowsAnyAsync<OciException>(async () => await Driver.CommitAsync(staged, id))).Kind);
        await Driver.RemoveAsync(staged);
        Assert.False(await Driver.ExistsAsync(id));
        Assert.True(await Driver.ExistsAsync(known));
    });

    [Fact]
    public Task OpenFile_NamesAsInTheTar_GivesTheContent() => RunAsync(async () =>
    {
        string id = await AddAsync(new TarBuilder().Directory("./d/").File("./d//x", "relative").File("/abs", "absolute").Add(
            new TarMember([0xff]) { Content = "bytes"u8.ToArray() }).SymbolicLink("d/l", "/abs"));
        string upper = await AddAsync(new TarBuilder().File("abs", "newer"), id);

        Assert.Equal("relative", await ReadAsync(id, "./d//x"));
        Assert.Equal("absolute", await ReadAsync(id, "/abs"));
        Assert.Equal("bytes", await ReadAsync(id, "\xff"));
        Assert.Equal("newer", await ReadAsync(upper, "abs"));
        foreach (string name in (string[])["d", "missing", "d/l", "d/x/y"])
            Assert.Equal(OciErrorKind.NotFound, (await Assert.ThrowsAnyAsync<OciException>(() => ReadAsync(id, name))).Kind);
    });

    [Fact]
    public Task Remove_InWhateverState_LeavesNothing() => RunAsync(async () =>
    {
        string committed = await AddAsync(SampleLayers.Nasty()), staged = SampleLayers.NewId();
        await Driver.StageAsync(staged, SampleLayers.Nasty().ToStream());

        foreach (string id in (string[])[committed, staged, SampleLayers.NewId()])
        {
            await Driver.RemoveAsync(id);
            await Driver.RemoveAsync(id);
            Assert.False(await Driver.ExistsAsync(id));
            Assert.Empty(Directory.GetFileSystemEntries(Root, $"*{id}*", SearchOption.AllDirectories));
        }
    });

    [Fact]
    public Task Stage_Cancelled_CanBeRemovedAndDoneAgain() => RunAsync(async () =>
    {
        string id = SampleLayers.NewId();
        using var cancel = new CancellationTokenSource();
        var tar = new TarBuilder().File("a", new byte[200_000]).File("b", new byte[200_000]).ToStream();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await Driver.StageAsync(id, new InterruptedStream(tar, 250_000, cancel.Cancel), cancel.Token));
        await Driver.RemoveAsync(id, CancellationToken.None);
        Assert.False(await Driver.ExistsAsync(id, CancellationToken.None));
        tar.Position = 0;

        Assert.Equal(400_000, await Driver.StageAsync(id, tar, CancellationToken.None));
        await Driver.RemoveAsync(id, CancellationToken.None);
    });

    [Fact]
    public Task Stage_SourceFails_PassesTheFailureOn() => RunAsync(async () =>
    {
        string id = SampleLayers.NewId();
        var tar = new InterruptedStream(new TarBuilder().File("a", new byte[400_000]).ToStream(), 150_000, () => throw new InvalidDataException("network"));

        await Assert.ThrowsAsync<InvalidDataException>(async () => await Driver.StageAsync(id, tar));
        await Driver.RemoveAsync(id);

        Assert.False(await Driver.ExistsAsync(id));
    });
}
