using System.Text;
using OciImages.Layers.Diff;
using OciImages.Layers.Tests.Drivers;
using OciImages.TestSupport;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Store;

/// <summary>What <see cref="IWritableLayerStore"/> promises, asked of the store with every driver that has trees.</summary>
public abstract class WritableLayerContract : IAsyncLifetime
{
    private readonly TempDirectory _temp = new();
    private readonly List<FileLayerStore> _stores = [];
    private LayerHandle? _base;

    protected string Root => _temp.Path;

    protected FileLayerStore Store => _stores[0];

    private IWritableLayerStore Layers => Store.WritableLayers;

    private ChainId Base => _base!.Layer.ChainId;

    protected abstract FileLayerStore Create(string root);

    public async ValueTask InitializeAsync()
    {
        Peers.RequireRoot();
        OpenAnother();
        await using var staged = await Store.StageAsync(new TarBuilder().File("kept", "k").File("changed", "c").File("d/gone", "g").ToStream());
        _base = await staged.CommitAsync(null);
    }

    public async ValueTask DisposeAsync()
    {
        await foreach (var layer in Layers.ListAsync(CancellationToken.None))
        {
            await layer.UnmountAsync(CancellationToken.None);
            await Layers.RemoveAsync(layer.Name, CancellationToken.None);
        }
        if (_base is not null)
            await _base.DisposeAsync();
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
            await store.Driver.DisposeAsync();
        }
        _temp.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Create_OnLayer_IsFoundListedAndProtectsIt()
    {
        var made = await Layers.CreateAsync("box", Base);
        var other = OpenAnother().WritableLayers;

        var found = await other.FindAsync("box");
        Assert.Equal((made.Name, made.MountId, made.InitId, made.Parent), (found!.Name, found.MountId, found.InitId, found.Parent));
        Assert.Equal((Base, (string?)null), (found.Parent, found.InitId));
        Assert.Null(await other.FindAsync("bo"));
        Assert.Equal(["box"], await NamesAsync(other));
        Assert.Empty(await _base!.ReleaseAsync());

        Assert.Equal([_base.Layer], await Layers.RemoveAsync("box"));
        Assert.Null(await Layers.RemoveAsync("box"));
        Assert.Empty(await NamesAsync(other));
        Assert.Null(await Store.AcquireAsync(Base));
        Assert.Equal(OciErrorKind.NotFound, (await Assert.ThrowsAsync<OciException>(async () => await made.MountAsync())).Kind);
    }

    [Fact]
    public async Task Create_WithInitLayer_WritesDockersRecordAndKeepsItOutOfTheDiff()
    {
        var layer = await Layers.CreateAsync("0123abcd", Base, new WritableLayerOptions { Initialize = DockerInitLayer.FillAsync });

        string record = Path.Combine(Root, "image", Store.DriverName, "layerdb/mounts/0123abcd");
        Assert.Equal(["init-id", "mount-id", "parent"], Directory.GetFiles(record).Select(Path.GetFileName).Order());
        Assert.Equal($"{layer.MountId}-init", await File.ReadAllTextAsync(Path.Combine(record, "init-id")));
        Assert.Equal(layer.MountId, await File.ReadAllTextAsync(Path.Combine(record, "mount-id")));
        Assert.Equal(Base.ToString(), await File.ReadAllTextAsync(Path.Combine(record, "parent")));
        await using (var mount = await layer.MountAsync())
        {
            Assert.Equal("/proc/mounts", new FileInfo(Path.Combine(mount.Path, "etc/mtab")).LinkTarget);
            Assert.True(File.Exists(Path.Combine(mount.Path, ".dockerenv")) && Directory.Exists(Path.Combine(mount.Path, "dev/shm")));
            Assert.Equal("k", await File.ReadAllTextAsync(Path.Combine(mount.Path, "kept")));
        }
        Assert.Empty(await layer.GetChangesAsync());
        Assert.Equal(0, await layer.GetSizeAsync());
    }

    [Fact]
    public async Task Initialize_HostileTree_TouchesNothingOutside()
    {
        string outside = _temp["outside"];
        Directory.CreateDirectory(outside);
        await using var staged = await Store.StageAsync(new TarBuilder()
            .SymbolicLink("dev", outside).SymbolicLink("etc", "/").SymbolicLink(".dockerenv", $"{outside}/made").ToStream());
        await using var evil = await staged.CommitAsync(null);

        await Layers.CreateAsync("box", evil.Layer.ChainId, new WritableLayerOptions { Initialize = DockerInitLayer.FillAsync });

        Assert.Empty(Directory.GetFileSystemEntries(outside));
    }

    [Fact]
    public async Task Create_InitializeFails_LeavesNothing()
    {
        await Layers.RemoveAsync((await Layers.CreateAsync("first", Base)).Name);
        string[] before = Files();

        await Assert.ThrowsAsync<InvalidTimeZoneException>(async () => await Layers.CreateAsync(
            "box", Base, new WritableLayerOptions { Initialize = (_, _) => throw new InvalidTimeZoneException() }));

        Assert.Equal(before, Files());
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData(".hidden")]
    [InlineData("tab\t")]
    public async Task Create_BadName_IsRefused(string name)
    {
        Assert.Equal(OciErrorKind.InvalidInput, (await Assert.ThrowsAsync<OciException>(async () => await Layers.CreateAsync(name, Base))).Kind);
        Assert.Equal(OciErrorKind.InvalidInput, (await Assert.ThrowsAsync<OciException>(async () => await Layers.RemoveAsync(name))).Kind);
    }

    [Fact]
    public async Task Create_TakenNameOrUnknownParent_IsRefused()
    {
        await Layers.CreateAsync("box", null);

        Assert.Equal(OciErrorKind.AlreadyExists, (await Assert.ThrowsAsync<OciException>(async () => await Layers.CreateAsync("box", Base))).Kind);
        Assert.Equal(
            OciErrorKind.NotFound,
            (await Assert.ThrowsAsync<OciException>(async () => await Layers.CreateAsync("b", new ChainId(Digest.Compute("x"u8))))).Kind);
    }

    [Fact]
    public async Task Commit_Changes_MakesALayerOfThemAlone()
    {
        var layer = await Layers.CreateAsync("box", Base, new WritableLayerOptions { Initialize = DockerInitLayer.FillAsync });
        await using (var mount = await layer.MountAsync())
        {
            await File.WriteAllTextAsync(Path.Combine(mount.Path, "changed"), "changed!");
            await File.WriteAllTextAsync(Path.Combine(mount.Path, "added"), "12345");
            File.Delete(Path.Combine(mount.Path, "d/gone"));
        }

        Assert.Equal(["A added", "C changed", "C d", "D d/gone"], (await layer.GetChangesAsync()).Select(Describe));
        Assert.Equal(13, await layer.GetSizeAsync());
        await using var committed = await layer.CommitAsync();
        Assert.Equal(Base, committed.Layer.Parent);
        await using (var merged = await committed.MountAsync())
        {
            Assert.Equal(["added", "changed", "kept"], Directory.GetFiles(merged.Path).Select(Path.GetFileName).Order());
            Assert.Equal("changed!", await File.ReadAllTextAsync(Path.Combine(merged.Path, "changed")));
            Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(merged.Path, "d")));
        }
        await using (var diff = await layer.OpenDiffAsync())
            Assert.Equal(committed.Layer.DiffId.Value, await Digest.ComputeAsync(diff, DigestAlgorithm.Sha256));
        Assert.Equal([committed.Layer], await committed.ReleaseAsync());
    }

    [Fact]
    public async Task Commit_OnNoParent_IsABaseLayer()
    {
        var layer = await Layers.CreateAsync("box", null);
        await using (var mount = await layer.MountAsync())
            await File.WriteAllTextAsync(Path.Combine(mount.Path, "only"), "1");

        await using var committed = await layer.CommitAsync();

        Assert.Null(committed.Layer.Parent);
        Assert.Equal(1, committed.Layer.Size);
        Assert.Single(await committed.ReleaseAsync());
    }

    [Fact]
    public async Task Mount_TwoProcesses_ShareTheTreeUntilTheLastGoes()
    {
        var mine = await Layers.CreateAsync("box", Base);
        var theirs = await OpenAnother().WritableLayers.FindAsync("box");

        var first = await mine.MountAsync();
        var second = await theirs!.MountAsync();
        await File.WriteAllTextAsync(Path.Combine(first.Path, "new"), "n");
        Assert.Equal("n", await File.ReadAllTextAsync(Path.Combine(second.Path, "new")));
        await first.DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(second.Path, "new"), "m");
        await second.DisposeAsync();

        Assert.Equal(["A new"], (await mine.GetChangesAsync()).Select(Describe));
        Assert.DoesNotContain(Root, await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mount_Target_ShowsItThereToo()
    {
        var layer = await Layers.CreateAsync("box", Base);
        string target = _temp["target"];

        await using (var mount = await layer.MountAsync(new MountOptions { ReadOnly = false, Target = target }))
        {
            Assert.Equal(target, mount.Path);
            await File.WriteAllTextAsync(Path.Combine(target, "new"), "n");
        }

        Assert.Empty(Directory.GetFileSystemEntries(target));
        Assert.Equal(["A new"], (await layer.GetChangesAsync()).Select(Describe));
    }

    [Fact]
    public async Task Mount_ManyAtOnce_NobodyLosesIt()
    {
        var layer = await Layers.CreateAsync("box", Base);
        var stores = Enumerable.Range(0, 3).Select(_ => OpenAnother().WritableLayers).ToList();

        await Parallel.ForAsync(0, 30, new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (i, _) =>
        {
            var found = await stores[i % 3].FindAsync("box", CancellationToken.None);
            await using var mount = await found!.MountAsync(null, CancellationToken.None);
            await File.WriteAllTextAsync(Path.Combine(mount.Path, $"f{i}"), "x", CancellationToken.None);
        });

        Assert.Equal(30, (await layer.GetChangesAsync()).Count);
    }

    protected FileLayerStore OpenAnother()
    {
        var store = Create(Root);
        _stores.Add(store);
        return store;
    }

    protected static string Describe(TreeChange change) => $"{"CAD"[(int)change.Kind]} {Encoding.UTF8.GetString(change.Path.Span)}";

    private static async Task<List<string>> NamesAsync(IWritableLayerStore layers)
    {
        var names = new List<string>();
        await foreach (var layer in layers.ListAsync())
            names.Add(layer.Name);
        return names;
    }

    private string[] Files() => [.. Directory.GetFileSystemEntries(Root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
