using System.Security.Cryptography;
using OciImages.Layers.Drivers;
using OciImages.Layers.Tests.Drivers;
using OciImages.Layers.Tests.Trees;
using OciImages.TestSupport;
using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Store;

/// <summary>The layer store as dockerd would find it.</summary>
public sealed class Overlay2LayerStoreTests : LayerStoreContract
{
    private const string ChildVariable = "OCI_TEST_KILLED_CHILD_ROOT";

    protected override ILayerStore Create(string root) => Open(root, Options);

    [Fact]
    public async Task Commit_OnParent_WritesDockersFiles()
    {
        var bottom = await AddAsync(new TarBuilder().File("a", "a"));
        var top = await AddAsync(new TarBuilder().File("b", "bb"), bottom.Layer.ChainId);
        string directory = Path.Combine(Root, "image/overlay2/layerdb/sha256", top.Layer.ChainId.Value.Hex);

        Assert.Equal(["cache-id", "diff", "parent", "size", "tar-split.json.gz"], Directory.GetFiles(directory).Select(Path.GetFileName).Order());
        Assert.Equal(top.Layer.DiffId.ToString(), File.ReadAllText(Path.Combine(directory, "diff")));
        Assert.Equal("2", File.ReadAllText(Path.Combine(directory, "size")));
        Assert.Equal(top.Layer.CacheId, File.ReadAllText(Path.Combine(directory, "cache-id")));
        Assert.Equal(bottom.Layer.ChainId.ToString(), File.ReadAllText(Path.Combine(directory, "parent")));
        Assert.False(File.Exists(Path.Combine(Root, "image/overlay2/layerdb/sha256", bottom.Layer.ChainId.Value.Hex, "parent")));
        var nodes = TreeListing.Of(Path.Combine(Root, "image/overlay2/layerdb"));
        Assert.All(nodes.Where(node => node.Value.Type == 'f' && node.Key.StartsWith("sha256", StringComparison.Ordinal)), node => Assert.Equal(0x1a4u, node.Value.Mode));
        Assert.Equal((0x1c0u, 0x1edu, 0x1edu), (nodes[""].Mode, nodes["sha256"].Mode, nodes["tmp"].Mode));
        Assert.Equal(0x1c0u, nodes[$"sha256/{top.Layer.ChainId.Value.Hex}"].Mode);
    }

    [Fact]
    public async Task Commit_125Layers_IsTheMost()
    {
        ChainId? chain = null;
        for (int i = 0; i < 125; i++)
            chain = (await AddAsync(new TarBuilder().File($"f{i}", "x"), chain)).Layer.ChainId;
        await using var staged = await Store.StageAsync(new TarBuilder().File("one more").ToStream());

        var refusal = await Assert.ThrowsAsync<OciException>(async () => await staged.CommitAsync(chain));

        Assert.Equal(OciErrorKind.InvalidInput, refusal.Kind);
        Assert.Contains("depth", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenTar_ChangedMissingOrDamagedFiles_IsCorrupt()
    {
        var handle = await AddAsync(new TarBuilder().File("a", "aaaa").File("b", "b"));
        string diff = Path.Combine(Root, "overlay2", handle.Layer.CacheId, "diff"), file = Path.Combine(diff, "a");

        await File.WriteAllTextAsync(file, "aaab");
        await IsCorruptAsync();
        File.Delete(file);
        await IsCorruptAsync();
        File.CreateSymbolicLink(file, "/etc/hostname");
        await IsCorruptAsync();
        File.Delete(file);
        await File.WriteAllTextAsync(file, "aaaa");
        await CheckTarAsync(handle, new TarBuilder().File("a", "aaaa").File("b", "b").ToArray());
        File.Delete(Path.Combine(Root, "image/overlay2/layerdb/sha256", handle.Layer.ChainId.Value.Hex, "tar-split.json.gz"));
        await IsCorruptAsync();

        async Task IsCorruptAsync() => Assert.Equal(OciErrorKind.Corrupt, (await Assert.ThrowsAnyAsync<OciException>(async () =>
        {
            await using var tar = await handle.OpenTarAsync();
            await tar.CopyToAsync(Stream.Null);
        })).Kind);
    }

    [Theory]
    [InlineData("diff", "sha256:123")]
    [InlineData("diff", null)]
    [InlineData("size", "-1")]
    [InlineData("cache-id", "../../../etc")]
    [InlineData("parent", "sha256:")]
    public async Task Open_DamagedLayer_IsIgnoredAndRepairedByAddingItAgain(string file, string? content)
    {
        var tar = new TarBuilder().File("a", "a");
        var good = await AddAsync(new TarBuilder().File("good", "g"));
        var handle = await AddAsync(tar);
        await handle.DisposeAsync();
        string path = Path.Combine(Root, "image/overlay2/layerdb/sha256", handle.Layer.ChainId.Value.Hex, file);
        if (content is null)
            File.Delete(path);
        else
            await File.WriteAllTextAsync(path, content);

        Assert.Null(await Store.AcquireAsync(handle.Layer.ChainId));
        Assert.Equal([good.Layer], await ListAsync(Store));
        var repaired = await AddAsync(tar);

        Assert.Equal(handle.Layer.ChainId, repaired.Layer.ChainId);
        await CheckTarAsync(repaired, tar.ToArray());
        Assert.Equal([repaired.Layer], await repaired.ReleaseAsync());
        if (file != "cache-id") // then nobody knows what the driver has for it, until it is removed by hand
            Assert.Equal([good.Layer.CacheId], Directory.GetDirectories(Path.Combine(Root, "overlay2")).Select(Path.GetFileName).Where(name => name!.Length == 64));
        else
            await new Overlay2Driver(Path.Combine(Root, "overlay2")).RemoveAsync(handle.Layer.CacheId);
    }

    [Theory]
    [InlineData("overlay2/{0}", false)]
    [InlineData("overlay2/{0}/diff", false)]
    [InlineData("overlay2/{0}/link", false)]
    [InlineData("overlay2/{0}/lower", true)]
    [InlineData("image/overlay2/layerdb/sha256/{1}/tar-split.json.gz", false)]
    [InlineData("image/overlay2/layerdb/sha256/{1}/tar-split.json.gz", true)]
    [InlineData("image/overlay2/layerdb/sha256/{1}", false)]
    public async Task Acquire_PartOfTheLayerOrOneBelowGone_IsNullAndRepairedByAddingBothAgain(string path, bool ofTop)
    {
        var (tar, above) = (new TarBuilder().File("a", "a"), new TarBuilder().File("b", "b"));
        var bottom = await AddAsync(tar);
        var top = await AddAsync(above, bottom.Layer.ChainId);
        await top.DisposeAsync();
        await bottom.DisposeAsync();
        var damaged = ofTop ? top.Layer : bottom.Layer;
        string gone = Path.Combine(Root, string.Format(System.Globalization.CultureInfo.InvariantCulture, path, damaged.CacheId, damaged.ChainId.Value.Hex));
        if (Directory.Exists(gone))
            Directory.Delete(gone, recursive: true);
        else
            File.Delete(gone);

        Assert.Null(await Store.AcquireAsync(top.Layer.ChainId));
        var repairedBottom = await AddAsync(tar);
        var repairedTop = await AddAsync(above, repairedBottom.Layer.ChainId);

        await using (var mount = await repairedTop.MountAsync())
            Assert.Equal(["a", "b"], Directory.GetFiles(mount.Path).Select(Path.GetFileName).Order());
        await CheckTarAsync(repairedBottom, tar.ToArray());
        await CheckTarAsync(repairedTop, above.ToArray());
    }

    [Fact]
    public async Task Commit_OverADamagedLayerWithAChild_LeavesTheChildItsTree()
    {
        var tar = new TarBuilder().File("a", "a");
        var bottom = await AddAsync(tar);
        var top = await AddAsync(new TarBuilder().File("b", "b"), bottom.Layer.ChainId);
        await top.DisposeAsync();
        await bottom.DisposeAsync();
        File.Delete(Path.Combine(Root, "image/overlay2/layerdb/sha256", bottom.Layer.ChainId.Value.Hex, "size"));

        await AddAsync(tar);

        await using var child = await Store.AcquireAsync(top.Layer.ChainId);
        await using var mount = await child!.MountAsync();
        Assert.Equal(["a", "b"], Directory.GetFiles(mount.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Release_LayerUnderAContainer_StaysThere()
    {
        var handle = await AddAsync(new TarBuilder().File("a", "a"));
        string mount = Path.Combine(Root, "image/overlay2/layerdb/mounts/container");
        Directory.CreateDirectory(mount);
        await File.WriteAllTextAsync(Path.Combine(mount, "parent"), handle.Layer.ChainId.ToString());

        Assert.Empty(await handle.ReleaseAsync());
        Directory.Delete(mount, recursive: true);

        Assert.Single(await (await Store.AcquireAsync(handle.Layer.ChainId))!.ReleaseAsync());
    }

    [Fact]
    public async Task Open_RemovalThatDidNotEnd_IsFinished()
    {
        var handle = await AddAsync(new TarBuilder().File("a", "a"));
        await handle.DisposeAsync();
        string directory = Path.Combine(Root, "image/overlay2/layerdb/sha256", handle.Layer.ChainId.Value.Hex);
        Directory.Move(directory, $"{directory}-{SampleLayers.NewId()}-removing");

        await using var next = Open(Root);
        Assert.Empty(await ListAsync(next));

        Assert.Empty(Directory.GetFileSystemEntries(Path.GetDirectoryName(directory)!));
        Assert.False(Directory.Exists(Path.Combine(Root, "overlay2", handle.Layer.CacheId)));
    }

    [Fact]
    public async Task Open_WhileAnotherProcessStages_LeavesItsWork()
    {
        await using var staged = await Store.StageAsync(new TarBuilder().File("a", "a").ToStream());
        string foreign = Path.Combine(Root, "image/overlay2/layerdb/tmp/write-set-123456789");
        Directory.CreateDirectory(foreign);

        await using var next = Open(Root);
        Assert.Empty(await ListAsync(next));
        var handle = await staged.CommitAsync(null);

        Assert.Equal([handle.Layer], await ListAsync(next));
        Assert.True(Directory.Exists(foreign));
        await handle.ReleaseAsync();
    }

    /// <summary>A process is killed while it stages; as the child, this is that process.</summary>
    [Fact]
    public async Task Stage_ProcessKilled_LeavesNothingAfterTheNextStart()
    {
        if (Environment.GetEnvironmentVariable(ChildVariable) is { } root)
        {
            await StageForEverAsync(root);
            return;
        }
        var good = await AddAsync(new TarBuilder().File("good", "g"));
        string[] before = Files();
        using var temporary = new TempDirectory();
        using var child = ChildRun.Start(
            ["--filter-method", $"*{nameof(Stage_ProcessKilled_LeavesNothingAfterTheNextStart)}"], (ChildVariable, Root), null, temporary.Path);
        while (!File.Exists(Path.Combine(Root, "staging")) && !child.HasExited)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        Assert.False(child.HasExited, child.HasExited ? await ChildRun.OutputAsync(child) : "");
        child.Kill();
        await child.WaitForExitAsync(CancellationToken.None);
        File.Delete(Path.Combine(Root, "staging"));
        Assert.NotEqual(before, Files());

        await using var next = Open(Root);

        Assert.Equal([good.Layer], await ListAsync(next));
        Assert.Equal(before, Files());
    }

    private static async Task StageForEverAsync(string root)
    {
        await using var store = Open(root);
        await using var committed = await store.StageAsync(new TarBuilder().File("whole", "w").ToStream());
        byte[] tar = new TarBuilder().File("a", RandomNumberGenerator.GetBytes(400_000)).ToArray();
        await store.StageAsync(new InterruptedStream(new MemoryStream(tar), 300_000, () =>
        {
            File.WriteAllText(Path.Combine(root, "staging"), "");
            Thread.Sleep(Timeout.Infinite);
        }));
    }

    private static FileLayerStore Open(string root, FileLayerStoreOptions? options = null) =>
        new(Path.Combine(root, "image/overlay2/layerdb"), new Overlay2Driver(Path.Combine(root, "overlay2")), options);
}
