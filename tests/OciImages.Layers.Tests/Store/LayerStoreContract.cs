using System.Formats.Tar;
using OciImages.IO;
using OciImages.Layers.Tests.Drivers;
using OciImages.TestSupport;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Store;

/// <summary>What <see cref="ILayerStore"/> promises, asked of the store with every driver.</summary>
public abstract class LayerStoreContract : IAsyncLifetime
{
    private readonly TempDirectory _temp = new();
    private readonly List<LayerHandle> _handles = [];
    private ILayerStore? _store;

    protected ILayerStore Store => _store ??= Create(_temp.Path);

    protected string Root => _temp.Path;

    /// <summary>The topmost layers of the images that the host has.</summary>
    protected HashSet<ChainId> ImageLayers { get; } = [];

    protected FileLayerStoreOptions Options => new() { IsInUse = (chain, _) => ValueTask.FromResult(ImageLayers.Contains(chain)) };

    /// <summary>Makes a store on a directory; a second one on the same directory is like one in another process.</summary>
    protected abstract ILayerStore Create(string root);

    public ValueTask InitializeAsync()
    {
        Peers.RequireRoot();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var handle in Enumerable.Reverse(_handles))
            await handle.ReleaseAsync(CancellationToken.None);
        if (_store is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        _temp.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Stage_UntilCommit_ShowsNothing()
    {
        var tar = new TarBuilder().File("a", "content");

        await using var staged = await Store.StageAsync(tar.ToStream());

        Assert.Equal(DiffIdOf(tar), staged.DiffId);
        Assert.Equal(7, staged.Size);
        Assert.Null(await Store.AcquireAsync(new ChainId(staged.DiffId.Value)));
        Assert.Empty(await ListAsync(Store));
    }

    [Fact]
    public async Task Stage_Disposed_LeavesNothing()
    {
        await (await AddAsync(new TarBuilder().File("first", "1"))).ReleaseAsync();
        string[] before = Files();

        var staged = await Store.StageAsync(SampleLayers.Nasty().ToStream());
        await staged.DisposeAsync();
        await staged.DisposeAsync();

        Assert.Equal(before, Files());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await staged.CommitAsync(null));
    }

    [Fact]
    public async Task Stage_OtherDiffId_IsCorruptAndLeavesNothing()
    {
        await (await AddAsync(new TarBuilder().File("first", "1"))).ReleaseAsync();
        string[] before = Files();

        var refusal = await Assert.ThrowsAsync<OciException>(async () =>
            await Store.StageAsync(new TarBuilder().File("a").ToStream(), DiffIdOf(new TarBuilder().File("b"))));

        Assert.Equal(OciErrorKind.Corrupt, refusal.Kind);
        Assert.Equal(before, Files());
    }

    [Fact]
    public async Task Stage_ExpectedDiffId_Passes()
    {
        var tar = new TarBuilder().File("a", "a");

        var handle = await AddAsync(tar, expected: DiffIdOf(tar));

        Assert.Equal(DiffIdOf(tar), handle.Layer.DiffId);
    }

    [Fact]
    public async Task Stage_MalformedTruncatedOrCancelled_LeavesNothing()
    {
        await (await AddAsync(new TarBuilder().File("first", "1"))).ReleaseAsync();
        string[] before = Files();
        byte[] tar = new TarBuilder().File("a", new byte[300_000]).ToArray();
        using var cancel = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OciException>(async () => await Store.StageAsync(new MemoryStream(tar, 0, 200_000)));
        await Assert.ThrowsAnyAsync<OciException>(async () => await Store.StageAsync(new TarBuilder().File("../x", "x").ToStream()));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await Store.StageAsync(new InterruptedStream(new MemoryStream(tar), 150_000, cancel.Cancel), null, cancel.Token));

        Assert.Equal(before, Files());
    }

    [Fact]
    public async Task Commit_Chain_MakesLayersThatListAndAcquireFind()
    {
        var bottom = await AddAsync(new TarBuilder().File("a", "a"));
        var top = await AddAsync(new TarBuilder().File("b", "bb"), bottom.Layer.ChainId);

        Assert.Equal(bottom.Layer.ChainId.Append(top.Layer.DiffId), top.Layer.ChainId);
        Assert.Equal((bottom.Layer.ChainId, 2L), (top.Layer.Parent, top.Layer.Size));
        Assert.Null(bottom.Layer.Parent);
        Assert.Equal(new[] { bottom.Layer, top.Layer }.OrderBy(layer => layer.Size), (await ListAsync(Store)).OrderBy(layer => layer.Size));
        await using var again = await Store.AcquireAsync(top.Layer.ChainId);
        Assert.Equal(top.Layer, again!.Layer);
    }

    [Fact]
    public async Task Commit_UnknownParent_IsNotFound()
    {
        await using var staged = await Store.StageAsync(new TarBuilder().ToStream());

        var refusal = await Assert.ThrowsAsync<OciException>(async () => await staged.CommitAsync(new ChainId(Digest.Compute("x"u8))));

        Assert.Equal(OciErrorKind.NotFound, refusal.Kind);
    }

    [Fact]
    public async Task Commit_SameLayerSideBySide_KeepsOne()
    {
        var bottom = await AddAsync(new TarBuilder().File("base", "b"));

        var handles = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => AddAsync(SampleLayers.Nasty(), bottom.Layer.ChainId))));

        Assert.Single(handles.Select(handle => handle.Layer).Distinct());
        Assert.Equal(2, (await ListAsync(Store)).Count);
        await CheckTarAsync(handles[0], SampleLayers.Nasty().ToArray());
    }

    [Fact]
    public async Task ReadOnlyDisk_LayersAreListedAndReadAndNothingIsChanged()
    {
        byte[] tar = new TarBuilder().File("a", "a").ToArray();
        ChainId chain;
        await using (var handle = await AddAsync(new TarBuilder().File("a", "a")))
            chain = handle.Layer.ChainId;
        await RunCommandAsync("mount", "--bind", Root, Root);
        try
        {
            await RunCommandAsync("mount", "-o", "remount,bind,ro", Root);
            var store = Create(Root);
            await using var _ = (IAsyncDisposable)store;

            Assert.Equal(chain, Assert.Single(await ListAsync(store)).ChainId);
            await using (var handle = await store.AcquireAsync(chain))
                await CheckTarAsync(handle!, tar);
            Assert.Empty(await ((FileLayerStore)store).CheckAsync(new LayerCheckOptions { Deep = true }).ToListAsync());
            Assert.Equal(OciErrorKind.Forbidden, (await Assert.ThrowsAsync<StorageException>(async () => await store.StageAsync(new MemoryStream(tar)))).Kind);
        }
        finally
        {
            await RunCommandAsync("umount", "-l", Root);
        }
    }

    [Fact]
    public async Task Stage_FullDisk_IsAStorageExceptionAndLeavesNothing()
    {
        string disk = Path.Combine(Root, "disk");
        Directory.CreateDirectory(disk);
        await RunCommandAsync("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk);
        try
        {
            var store = Create(disk);
            await using var _ = (IAsyncDisposable)store;
            await using (var staged = await store.StageAsync(new TarBuilder().File("small", new byte[1000]).ToStream()))
                await (await staged.CommitAsync(null)).DisposeAsync();
            string[] before = Files();

            var failure = await Assert.ThrowsAsync<StorageException>(async () =>
                await store.StageAsync(new TarBuilder().File("a", "a").File("big", new byte[2_000_000]).ToStream()));

            Assert.Equal(OciErrorKind.Unavailable, failure.Kind);
            Assert.Equal(before, Files());
            Assert.Single(await ListAsync(store));
        }
        finally
        {
            await RunCommandAsync("umount", "-l", disk);
        }
    }

    [Fact]
    public async Task Release_LastReference_DeletesTheChainTopmostFirst()
    {
        await (await AddAsync(new TarBuilder().File("first", "1"))).ReleaseAsync();
        string[] before = Files();
        var bottom = await AddAsync(new TarBuilder().File("a", "a"));
        var middle = await AddAsync(new TarBuilder().File("b", "b"), bottom.Layer.ChainId);
        var top = await AddAsync(new TarBuilder().File("c", "c"), middle.Layer.ChainId);
        await bottom.DisposeAsync();

        Assert.Empty(await middle.ReleaseAsync());
        var removed = await top.ReleaseAsync();

        Assert.Equal([top.Layer, middle.Layer, bottom.Layer], removed);
        Assert.Empty(await top.ReleaseAsync());
        Assert.Empty(await ListAsync(Store));
        Assert.Equal(before, Files());
    }

    [Fact]
    public async Task Release_WhileOthersRefer_DeletesNothingOfTheirs()
    {
        var bottom = await AddAsync(new TarBuilder().File("a", "a"));
        var left = await AddAsync(new TarBuilder().File("b", "b"), bottom.Layer.ChainId);
        var right = await AddAsync(new TarBuilder().File("c", "c"), bottom.Layer.ChainId);
        var twice = await Store.AcquireAsync(right.Layer.ChainId);

        Assert.Empty(await bottom.ReleaseAsync());
        Assert.Empty(await right.ReleaseAsync());
        Assert.Equal([left.Layer], await left.ReleaseAsync());
        Assert.Equal([right.Layer, bottom.Layer], await twice!.ReleaseAsync());
    }

    [Fact]
    public async Task Dispose_LastReference_DeletesNothing()
    {
        var handle = await AddAsync(new TarBuilder().File("a", "a"));

        await handle.DisposeAsync();

        var again = await Store.AcquireAsync(handle.Layer.ChainId);
        Assert.Equal(handle.Layer, again!.Layer);
        Assert.Single(await again.ReleaseAsync());
    }

    [Fact]
    public async Task Acquire_LayerOfAnotherProcess_FindsIt()
    {
        var other = Create(Root);
        Assert.Empty(await ListAsync(other));
        var bottom = await AddAsync(new TarBuilder().File("a", "a"));

        await using var found = await other.AcquireAsync(bottom.Layer.ChainId);
        await using var staged = await other.StageAsync(new TarBuilder().File("b", "b").ToStream());
        await using var child = await staged.CommitAsync(bottom.Layer.ChainId);
        await found!.DisposeAsync();

        Assert.Equal(bottom.Layer, found.Layer);
        Assert.Empty(await bottom.ReleaseAsync());
        Assert.Equal(2, (await ListAsync(Store)).Count);
        Assert.Equal([child.Layer, bottom.Layer], await child.ReleaseAsync());
        Assert.Null(await Store.AcquireAsync(bottom.Layer.ChainId));
        await ((IAsyncDisposable)other).DisposeAsync();
    }

    [Fact]
    public async Task Release_WhileAnotherProcessHolds_DeletesNothing()
    {
        var other = Create(Root);
        var layer = await AddAsync(new TarBuilder().File("a", "a"));
        var theirs = await other.AcquireAsync(layer.Layer.ChainId);
        var theirsToo = await other.AcquireAsync(layer.Layer.ChainId);

        Assert.Empty(await layer.ReleaseAsync());
        await theirs!.DisposeAsync();
        await using (var again = await Store.AcquireAsync(layer.Layer.ChainId))
            Assert.Empty(await again!.ReleaseAsync());
        Assert.Equal([layer.Layer], await theirsToo!.ReleaseAsync());

        Assert.Null(await Store.AcquireAsync(layer.Layer.ChainId));
        await ((IAsyncDisposable)other).DisposeAsync();
    }

    [Fact]
    public async Task Release_LayerOfAnImage_StaysUntilTheImageGoes()
    {
        var bottom = await AddAsync(new TarBuilder().File("a", "a"));
        var top = await AddAsync(new TarBuilder().File("b", "b"), bottom.Layer.ChainId);
        await bottom.DisposeAsync();
        ImageLayers.Add(top.Layer.ChainId);

        Assert.Empty(await top.ReleaseAsync());
        Assert.Empty(await CollectAsync(Store, dryRun: false));
        var again = await Store.AcquireAsync(top.Layer.ChainId);
        ImageLayers.Clear();

        Assert.Equal([top.Layer, bottom.Layer], await again!.ReleaseAsync());
    }

    [Fact]
    public async Task Collect_Orphans_GoAsTheDryRunSaid()
    {
        var other = Create(Root);
        var chains = new List<LayerInfo>();
        for (int i = 0; i < 3; i++)
        {
            var bottom = await AddAsync(new TarBuilder().File($"a{i}", "a"));
            var top = await AddAsync(new TarBuilder().File($"b{i}", "bb"), bottom.Layer.ChainId);
            chains.AddRange([top.Layer, bottom.Layer]);
            await bottom.DisposeAsync();
            await top.DisposeAsync();
        }
        ImageLayers.Add(chains[0].ChainId);
        await using var held = await other.AcquireAsync(chains[3].ChainId);

        var told = await CollectAsync(Store, dryRun: true);
        Assert.Equal(6, (await ListAsync(Store)).Count);
        var gone = await CollectAsync(Store, dryRun: false);

        Assert.Equal(told, gone);
        Assert.Equal(chains[2], gone.Single(layer => chains.IndexOf(layer) is 2 or 3));
        Assert.Equal(new[] { chains[4], chains[5] }, gone.Where(layer => chains.IndexOf(layer) > 3));
        Assert.Equal(new[] { chains[0], chains[1], chains[3] }.OrderBy(layer => layer.ChainId.Value), (await ListAsync(other)).OrderBy(layer => layer.ChainId.Value));
        ImageLayers.Clear();
        await ((IAsyncDisposable)other).DisposeAsync();
        await CollectAsync(Store, dryRun: false);
        Assert.Empty(await ListAsync(Store));
    }

    [Fact]
    public async Task Collect_ManyOrphans_GoInTheOrderOfTheDryRun()
    {
        for (int i = 0; i < 70; i++)
            await (await AddAsync(new TarBuilder().File($"f{i}", "x"))).DisposeAsync();

        var told = await CollectAsync(Store, dryRun: true);

        Assert.Equal(70, told.Count);
        Assert.Equal(told, await CollectAsync(Store, dryRun: false));
    }

    [Fact]
    public async Task Mount_WhileItLasts_KeepsTheLayer()
    {
        if (Store.DriverName == "blob")
            return;
        var layer = await AddAsync(new TarBuilder().File("a", "a"));
        await using (var mount = await layer.MountAsync())
        {
            Assert.Empty(await layer.ReleaseAsync());
            Assert.Equal("a", await File.ReadAllTextAsync(Path.Combine(mount.Path, "a")));
        }
        Assert.Equal([layer.Layer], await CollectAsync(Store, dryRun: false));
    }

    [Fact]
    public async Task Check_DamagedChangedUnknownAndOrphaned_SaysWhatAndRepairsWhatItMay()
    {
        var store = (FileLayerStore)Store;
        var good = await AddAsync(new TarBuilder().File("good", "g"));
        ImageLayers.Add(good.Layer.ChainId);
        Assert.Empty(await CheckAsync(store, new LayerCheckOptions { Deep = true }));
        var orphan = await AddAsync(new TarBuilder().File("orphan", "o"));
        var damaged = await AddAsync(new TarBuilder().File("damaged", "d"));
        await orphan.DisposeAsync();
        await damaged.DisposeAsync();
        string records = Directory.GetDirectories(Path.Combine(Root, "image", Store.DriverName, "layerdb"), "sha256").Single();
        await File.WriteAllTextAsync(Path.Combine(records, damaged.Layer.ChainId.Value.Hex, "size"), "many");
        Directory.CreateDirectory(Path.Combine(records, "what"));
        string unknown = Path.Combine(Root, Store.DriverName, Store.DriverName == "vfs" ? "dir" : "", SampleLayers.NewId());
        Directory.CreateDirectory(unknown);

        var findings = await CheckAsync(store, new LayerCheckOptions { Deep = true });
        var repaired = await CheckAsync(store, new LayerCheckOptions { Deep = true, Repair = true });
        var left = await CheckAsync(store, new LayerCheckOptions { Deep = true });

        string[] expected = [Path.Combine(records, "what"), Path.Combine(records, orphan.Layer.ChainId.Value.Hex), Path.Combine(records, damaged.Layer.ChainId.Value.Hex), unknown];
        Assert.Equal(expected.Order(StringComparer.Ordinal), findings.Select(finding => finding.Path).Order(StringComparer.Ordinal));
        Assert.All(findings, finding => Assert.False(finding.IsRepaired));
        Assert.Equal(findings.Select(finding => finding with { IsRepaired = finding.Repair is not null }).OrderBy(f => f.Path), repaired.OrderBy(f => f.Path));
        Assert.Equal(new[] { expected[0], unknown }.Order(StringComparer.Ordinal), left.Select(finding => finding.Path).Order(StringComparer.Ordinal));
        Assert.Equal([good.Layer], await ListAsync(Store));
        ImageLayers.Clear();
        Directory.Delete(unknown);
        Directory.Delete(expected[0]);
    }

    [Fact]
    public async Task OpenTar_AnyLayer_GivesTheSameBytes()
    {
        byte[][] tars =
        [
            SampleLayers.Nasty().ToArray(), [.. new TarBuilder().File("a", "a").ToArray(), .. "trailing garbage"u8], [], new byte[10_240],
            new TarBuilder().Whiteout("x").Opaque("d").File("d/y", "y").HardLink("z", "d/y").ToArray(1), BuiltInTar(),
        ];
        foreach (byte[] tar in tars)
            await CheckTarAsync(await AddAsync(new MemoryStream(tar)), tar);
    }

    [Fact]
    public async Task Mount_TopLayer_ShowsTheMergedTreeOrIsUnsupported()
    {
        var bottom = await AddAsync(new TarBuilder().File("a", "a").File("b", "b"));
        var top = await AddAsync(new TarBuilder().Whiteout("a").File("c", "c"), bottom.Layer.ChainId);

        if (Store.DriverName == "blob")
        {
            Assert.Equal(OciErrorKind.Unsupported, (await Assert.ThrowsAsync<OciException>(async () => await top.MountAsync())).Kind);
            return;
        }
        await using var mount = await top.MountAsync();
        Assert.Equal(["b", "c"], Directory.GetFiles(mount.Path).Select(Path.GetFileName).Order());
        await Assert.ThrowsAsync<OciException>(async () => await top.MountAsync(new MountOptions { ReadOnly = false }));
    }

    private static async Task RunCommandAsync(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(program, arguments);
        await process.WaitForExitAsync(CancellationToken.None);
        Assert.Equal(0, process.ExitCode);
    }

    protected static DiffId DiffIdOf(TarBuilder tar) => new(Digest.Compute(tar.ToArray()));

    protected Task<LayerHandle> AddAsync(TarBuilder tar, ChainId? parent = null, DiffId? expected = null) => AddAsync(tar.ToStream(), parent, expected);

    protected async Task<LayerHandle> AddAsync(Stream tar, ChainId? parent = null, DiffId? expected = null)
    {
        await using var staged = await Store.StageAsync(tar, expected);
        var handle = await staged.CommitAsync(parent);
        lock (_handles)
            _handles.Add(handle);
        return handle;
    }

    protected static async Task CheckTarAsync(LayerHandle handle, byte[] expected)
    {
        await using var tar = await handle.OpenTarAsync();
        var copy = new MemoryStream();
        await tar.CopyToAsync(copy);
        Assert.Equal(expected, copy.ToArray());
    }

    protected static async Task<List<LayerInfo>> CollectAsync(ILayerStore store, bool dryRun)
    {
        var layers = new List<LayerInfo>();
        await foreach (var layer in store.CollectAsync(dryRun))
            layers.Add(layer);
        return layers;
    }

    protected static async Task<List<StoreFinding>> CheckAsync(FileLayerStore store, LayerCheckOptions? options = null)
    {
        var findings = new List<StoreFinding>();
        await foreach (var finding in store.CheckAsync(options))
            findings.Add(finding);
        return findings;
    }

    protected static async Task<List<LayerInfo>> ListAsync(ILayerStore store)
    {
        var layers = new List<LayerInfo>();
        await foreach (var layer in store.ListAsync())
            layers.Add(layer);
        return layers;
    }

    /// <summary>All that lies in the store's directory.</summary>
    protected string[] Files() => [.. Directory.GetFileSystemEntries(Root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static byte[] BuiltInTar()
    {
        var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, TarEntryFormat.Gnu, leaveOpen: true))
            writer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, new string('n', 150)) { DataStream = new MemoryStream(new byte[5000]) });
        return stream.ToArray();
    }
}
