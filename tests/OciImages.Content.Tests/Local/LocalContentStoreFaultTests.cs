using OciImages.Content.Collection;
using OciImages.Content.Local;
using OciImages.TestSupport;

namespace OciImages.Content.Tests.Local;

/// <summary>Disks that fail, fill up or may not be written.</summary>
public sealed class LocalContentStoreFaultTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly List<string> _mounts = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (string mount in _mounts)
            await RunAsync("umount", mount);
        _directory.Dispose();
    }

    [Fact]
    public async Task Commit_FsyncOfTheDataFails_SurfacesAndDropsTheData()
    {
        var store = await PreparedStoreAsync();
        using var child = StartFailing(store, $"ingest/{Digest.Compute("a"u8).Hex}/data");
        Assert.Equal("open 1000", await child.ReadLineAsync());

        Assert.StartsWith($"storage Unavailable {Path.Combine(store.Root, "ingest")}", await child.SayAsync("commit"));
        await child.WaitAsync();
        Assert.Single(await store.ListAsync().ToListAsync());
        await using var retry = await store.OpenWriterAsync("a");
        Assert.Equal(0, retry.Offset);
    }

    [Fact]
    public async Task Commit_FsyncOfTheFolderFails_Surfaces()
    {
        var store = await PreparedStoreAsync();
        using var child = StartFailing(store, "blobs/sha256");
        Assert.Equal("open 1000", await child.ReadLineAsync());

        Assert.Equal($"storage Unavailable {Path.Combine(store.Root, "blobs", "sha256")}", await child.SayAsync("commit"));
        Assert.Equal(0, await child.WaitAsync());
    }

    [Fact]
    public async Task Commit_IsOnTheDiskBeforeItHasItsName_AndItsNameBeforeItReturns()
    {
        var store = await PreparedStoreAsync();
        string trace = _directory["trace"];
        using var child = ChildProcess.StartTestHost(
            store.Root, "a", 1000, Peers.Require("strace"), "-f", "-y", "-s", "500", "-qq", "-o", trace, "-e", "trace=fsync,rename,write");
        Assert.Equal("open 1000", await child.ReadLineAsync());
        Assert.StartsWith("committed", await child.SayAsync("commit"));
        Assert.Equal(0, await child.WaitAsync());
        var calls = (await File.ReadAllLinesAsync(trace)).ToList();
        int synced = calls.FindIndex(call => call.Contains("fsync(") && call.Contains("/data>"));
        int renamed = calls.FindIndex(call => call.Contains("rename(") && call.Contains("/blobs/sha256/"));
        int named = calls.FindIndex(call => call.Contains("fsync(") && call.Contains("/blobs/sha256>"));
        int told = calls.FindIndex(call => call.Contains("write(") && call.Contains("committed"));

        Assert.True(
            synced >= 0 && synced < renamed && renamed < named && named < told,
            string.Join('\n', calls.Where(call => !call.Contains("write("))));
    }

    [Fact]
    public async Task Lease_FsyncFails_Surfaces()
    {
        var store = await PreparedStoreAsync();
        using var child = StartFailing(store, "leases");
        Assert.Equal("open 1000", await child.ReadLineAsync());

        Assert.StartsWith($"storage Unavailable {Path.Combine(store.Root, "leases")}", await child.SayAsync("lease a"));
        await child.WaitAsync();
        Assert.Empty(await store.ListLeasesAsync().ToListAsync());
    }

    [Fact]
    public async Task Write_DiskFull_KeepsTheDataAndGoesOnWhenThereIsRoom()
    {
        string disk = await MountAsync("-t", "tmpfs", "-o", "size=1m", "tmpfs");
        var store = new LocalContentStore(Path.Combine(disk, "store"));
        byte[] content = new byte[3 << 20];
        new Random(1).NextBytes(content);
        await using var writer = await store.OpenWriterAsync("a");
        var failure = await Assert.ThrowsAsync<StorageException>(async () =>
        {
            while (writer.Offset < content.Length)
                await writer.Output.WriteAsync(content.AsMemory((int)writer.Offset, 96 << 10));
        });

        Assert.Equal(OciErrorKind.Unavailable, failure.Kind);
        Assert.StartsWith(Path.Combine(store.Root, "ingest"), failure.Path);
        Assert.InRange(writer.Offset, 512 << 10, 1 << 20);
        await using (var written = await writer.OpenWrittenAsync())
            Assert.Equal(writer.Offset, written.Length);

        await RunAsync("mount", "-o", "remount,size=8m", disk);
        await writer.Output.WriteAsync(content.AsMemory((int)writer.Offset));
        Assert.Equal(Digest.Compute(content), (await writer.CommitAsync(content.Length, Digest.Compute(content))).Digest);
    }

    [Fact]
    public async Task FullDisk_EveryChangeFails_LeavesWhatWas_AndWorksWhenThereIsRoom()
    {
        string disk = await MountAsync("-t", "tmpfs", "-o", "size=1m", "tmpfs");
        var store = new LocalContentStore(Path.Combine(disk, "store"));
        byte[] content = new byte[10];
        await using (var first = await store.OpenWriterAsync("first"))
        {
            await first.Output.WriteAsync(content);
            await first.CommitAsync();
        }
        var digest = Digest.Compute(content);
        await store.UpdateLabelsAsync(digest, new Dictionary<string, string?> { ["k"] = "old" });
        await using var lease = await store.CreateLeaseAsync(new ContentLeaseOptions { Id = "old", Content = [digest] });
        var other = Digest.Compute("other"u8);
        (string Folder, Func<Task> Change)[] changes =
        [
            ("labels", async () => await store.UpdateLabelsAsync(digest, new Dictionary<string, string?> { ["k"] = "new" })),
            ("leases", async () => await store.CreateLeaseAsync(new ContentLeaseOptions { Id = "new" })),
            ("leases", async () => await lease.AddAsync([other])),
            ("index.json", async () => await store.UpdateIndexAsync((_, _) => ValueTask.FromResult<IReadOnlyList<Descriptor>>(
                [new Descriptor(MediaTypes.OciLayer, digest, 10)]))),
            ("ingest", async () =>
            {
                await using var writer = await store.OpenWriterAsync("second");
                await writer.Output.WriteAsync("other"u8.ToArray());
                await writer.CommitAsync();
            }),
        ];
        string filler = Path.Combine(disk, "filler");
        Fill(filler);
        foreach (var (folder, change) in changes)
        {
            var failure = await Assert.ThrowsAsync<StorageException>(change);
            Assert.Equal(OciErrorKind.Unavailable, failure.Kind);
            Assert.StartsWith(Path.Combine(store.Root, folder), failure.Path);
        }
        Assert.Equal(digest, Assert.Single(await store.ListAsync().ToListAsync()).Digest);
        Assert.Equal("old", (await store.FindAsync(digest))!.Labels["k"]);
        Assert.Equal([digest], Assert.Single(await store.ListLeasesAsync().ToListAsync()).Content);
        Assert.Empty(await store.ReadIndexAsync());
        Assert.Empty(Directory.GetFiles(store.Root, ".tmp-*", SearchOption.AllDirectories));
        Assert.Empty(await store.CheckAsync(new LocalCheckOptions { Deep = true }).ToListAsync());

        File.Delete(filler);
        foreach (var (_, change) in changes)
            await change();
        Assert.Equal("new", (await store.FindAsync(digest))!.Labels["k"]);
        Assert.NotNull(await store.FindAsync(other));
        Assert.Single(await store.ReadIndexAsync());
        Assert.Equal([digest, other], (await store.ListLeasesAsync().ToListAsync()).Single(one => one.Id == "old").Content);
    }

    [Fact]
    public async Task ReadOnlyDisk_ReadsAndRefusesWrites()
    {
        var writable = await PreparedStoreAsync();
        await (await writable.OpenWriterAsync("left")).DisposeAsync();
        string disk = await MountAsync("--bind", "-o", "ro", writable.Root);
        await RunAsync("mount", "-o", "remount,bind,ro", disk);
        var store = new LocalContentStore(disk);
        var info = Assert.Single(await store.ListAsync().ToListAsync());

        await using (var stream = await store.OpenReadAsync(info.Digest))
            Assert.Equal(info.Size, stream.Length);
        Assert.Equal("left", Assert.Single(await store.ListIngestsAsync().ToListAsync()).IngestId);
        Assert.Empty(await store.ListLeasesAsync().ToListAsync());
        Assert.Empty(await store.CheckAsync(new LocalCheckOptions { Deep = true }).ToListAsync());
        var dry = await new ContentCollector(store, new TestGraph(store)).CollectAsync(
            new ContentCollectionOptions { DryRun = true, GracePeriod = TimeSpan.Zero, IngestAge = TimeSpan.Zero });
        Assert.Equal(info.Digest, Assert.Single(dry.Content).Digest);
        Assert.Equal("left", Assert.Single(dry.Ingests).IngestId);
        await RefusesAsync(async () => await store.DeleteUnleasedAsync([info.Digest], DateTimeOffset.MaxValue));
        await RefusesAsync(async () => await store.OpenWriterAsync("a"));
        await RefusesAsync(async () => await store.CreateLeaseAsync());
        await RefusesAsync(async () => await store.DeleteAsync(info.Digest));
        await RefusesAsync(async () => await store.AbortAsync("left"));
        await RefusesAsync(async () => await store.UpdateLabelsAsync(info.Digest, new Dictionary<string, string?> { ["k"] = "v" }));

        async Task RefusesAsync(Func<Task> action)
        {
            var failure = await Assert.ThrowsAsync<StorageException>(action);
            Assert.Equal(OciErrorKind.Forbidden, failure.Kind);
            Assert.StartsWith(disk, failure.Path);
        }
    }

    // tmpfs counts whole pages, and a file that is empty counts none.
    private static void Fill(string path)
    {
        using var filler = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        byte[] page = new byte[4096];
        try
        {
            for (long length = 0; ; length += page.Length)
                RandomAccess.Write(filler, page, length);
        }
        catch (IOException)
        {
        }
    }

    // Every fsync of one file or folder fails in the child.
    private static ChildProcess StartFailing(LocalContentStore store, string relative) => ChildProcess.StartTestHost(
        store.Root, "a", 1000, Peers.Require("strace"), "-f", "-qq", "-o", "/dev/null",
        "-P", Path.Combine(store.Root, relative), "-e", "trace=fsync", "-e", "inject=fsync:error=EIO");

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var child = ChildProcess.Start(program, arguments);
        Assert.Equal(0, await child.WaitAsync());
    }

    // A store that exists, so that a child's first sync is the one of its own work.
    private async Task<LocalContentStore> PreparedStoreAsync()
    {
        var store = new LocalContentStore(_directory["store"]);
        await using var writer = await store.OpenWriterAsync("prepare");
        await writer.Output.WriteAsync(new byte[10]);
        await writer.CommitAsync();
        return store;
    }

    private async Task<string> MountAsync(params string[] arguments)
    {
        Peers.RequireRoot();
        string target = _directory[$"mount{_mounts.Count}"];
        Directory.CreateDirectory(target);
        await RunAsync("mount", [.. arguments, target]);
        _mounts.Add(target);
        return target;
    }
}
