using OciImages.Catalog;
using OciImages.Content.Tests;
using OciImages.Images;
using OciImages.References;
using OciImages.Roots;
using OciImages.TestSupport;
using OciImages.TestSupport.Processes;

namespace OciImages.Tests.Roots;

/// <summary>Disks that fill up or may not be written, and files that may not be read.</summary>
public sealed class RootFaultTests : IAsyncLifetime
{
    private static readonly ImageReference Tag = ImageReference.Parse("a:1");

    private readonly TempDirectory _directory = new();
    private readonly List<string> _mounts = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (string mount in _mounts)
            await Command.RunAsync("umount", mount);
        _directory.Dispose();
    }

    [Fact]
    public async Task FullDisk_EveryChangeFails_LeavesWhatWas_AndWorksWhenThereIsRoom()
    {
        string disk = await MountAsync("-t", "tmpfs", "-o", "size=2m", "tmpfs");
        await using var root = Open(disk);
        var image = await root.Images.PutAsync(RootTestData.Config("old"));
        var parent = await root.Images.PutAsync(RootTestData.Config("parent"));
        await root.References.SetAsync(Tag, image);
        var origin = new ImageOrigin(Tag, RootTestData.Descriptor("old"));
        await root.Origins.AddAsync(image, origin);
        var layer = new DiffId(origin.Manifest.Digest);
        await root.Distribution.AddAsync(layer, origin.Manifest.Digest, RepositoryName.Parse("a"));
        (string Folder, Func<Task> Change)[] changes =
        [
            ("image/vfs/imagedb", async () => await root.Images.PutAsync(RootTestData.Config("new"))),
            ("image/vfs/imagedb", async () => await root.Images.SetParentAsync(image, parent)),
            ("image/vfs/imagedb", async () => await root.Images.SetLastUpdatedAsync(image, DateTimeOffset.UnixEpoch)),
            ("image/vfs/repositories.json", async () => await root.References.SetAsync(Tag, parent)),
            ("image/vfs/repositories.json", async () => await root.References.RemoveAsync(Tag)),
            ("oci-images/vfs/origins", async () => await root.Origins.AddAsync(image, origin with { Manifest = RootTestData.Descriptor("new") })),
            ("image/vfs/distribution", async () => await root.Distribution.AddAsync(layer, RootTestData.Descriptor("b").Digest, RepositoryName.Parse("b"))),
        ];
        string filler = Path.Combine(disk, "filler");
        Fill(filler);
        foreach (var (folder, change) in changes)
        {
            var failure = await Assert.ThrowsAsync<StorageException>(change);
            Assert.Equal(OciErrorKind.Unavailable, failure.Kind);
            Assert.StartsWith(Path.Combine(disk, folder), failure.Path);
        }
        await using (var other = Open(disk))
        {
            Assert.Equal(new HashSet<ImageId> { image, parent }, (await other.Images.ListAsync().ToListAsync()).ToHashSet());
            Assert.Null(await other.Images.GetParentAsync(image));
            Assert.Equal(image, await other.References.FindAsync(Tag));
            Assert.True(origin.IsSame(Assert.Single(await other.Origins.ReadAsync(image))));
        }
        Assert.Empty(Directory.GetFiles(disk, ".tmp-*", SearchOption.AllDirectories));

        File.Delete(filler);
        foreach (var (_, change) in changes)
            await change();
        Assert.Equal(parent, await root.Images.GetParentAsync(image));
        Assert.Equal(3, await root.Images.ListAsync().CountAsync());
        Assert.Null(await root.References.FindAsync(Tag));
        Assert.Equal(2, (await root.Origins.ReadAsync(image)).Count);
    }

    [Fact]
    public async Task FullDisk_Deletes()
    {
        string disk = await MountAsync("-t", "tmpfs", "-o", "size=2m", "tmpfs");
        await using var root = Open(disk);
        var image = await root.Images.PutAsync(RootTestData.Config("old"));
        await root.Origins.AddAsync(image, new ImageOrigin(Tag, RootTestData.Descriptor("old")));
        Fill(Path.Combine(disk, "filler"));

        Assert.True(await root.Images.DeleteAsync(image));
        Assert.True(await root.Origins.DeleteAsync(image));
        Assert.Empty(await root.Images.ListAsync().ToListAsync());
    }

    [Fact]
    public async Task ReadOnlyDisk_IsOpenedForReading()
    {
        Peers.RequireRoot();
        ImageId image;
        await using (var made = Open(_directory["made"]))
        {
            image = await made.Images.PutAsync(RootTestData.Config("old"));
            await made.References.SetAsync(Tag, image);
            await made.Origins.AddAsync(image, new ImageOrigin(Tag, RootTestData.Descriptor("old")));
        }
        string disk = await MountAsync("--bind", "-o", "ro", _directory["made"]);
        await Command.RunAsync("mount", "-o", "remount,bind,ro", disk);
        await using var root = Open(disk);
        var catalog = new ImageCatalog(root);

        Assert.Equal(image, Assert.Single(await catalog.ListAsync().ToListAsync()).Id);
        Assert.Equal(image, (await catalog.InspectAsync("a:1")).Image.Id);
        Assert.Equal(image, await catalog.FindIdAsync(image.Value.Hex[..12]));
        Assert.Single(await root.Origins.ReadAsync(image));
        // The manifest of the origin was never there.
        Assert.Equal("origins", Assert.Single(await root.CheckRecordsAsync().ToListAsync()).Store);
        foreach (Func<Task> change in (Func<Task>[])[
            async () => await root.Images.PutAsync(RootTestData.Config("new")),
            async () => await root.Images.DeleteAsync(image),
            async () => await root.Images.SetLastUpdatedAsync(image, DateTimeOffset.UnixEpoch),
            async () => await root.References.SetAsync(ImageReference.Parse("b:1"), image),
            async () => await root.References.RemoveAsync(Tag),
            async () => await root.Origins.DeleteAsync(image),
            async () => await root.Content.CreateLeaseAsync()])
        {
            var failure = await Assert.ThrowsAsync<StorageException>(change);
            Assert.Equal(OciErrorKind.Forbidden, failure.Kind);
            Assert.StartsWith(disk, failure.Path);
        }
    }

    [Fact]
    public async Task ForbiddenFiles_AreNotAbsent()
    {
        Peers.RequireRoot();
        var content = new Content.Local.LocalContentStore(_directory["content"]);
        await (await content.CreateLeaseAsync()).DisposeAsync();
        await new FileImageStore(_directory["imagedb"]).PutAsync(RootTestData.Config("a"));
        await new FileReferenceStore(_directory["references/repositories.json"]).SetAsync(Tag, new ImageId(Digest.Compute("a"u8)));
        await new FileImageOriginStore(_directory["origins"]).AddAsync(
            new ImageId(Digest.Compute("a"u8)), new ImageOrigin(Tag, RootTestData.Descriptor("a")));
        foreach (string name in (string[])["content", "imagedb", "references", "origins"])
            File.SetUnixFileMode(_directory[name], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_101_101);
        using var child = ChildProcess.StartHostUnder(
            [Peers.Require("setpriv"), "--reuid", "65534", "--regid", "65534", "--clear-groups"], _directory.Path, "--probe");
        string[] lines = (await child.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(0, await child.WaitAsync());
        Assert.Equal(25, lines.Length);
        Assert.All(lines, line => Assert.Matches($"^[a-z]+ Forbidden {_directory.Path}/", line));
    }

    [Theory]
    [InlineData("image/vfs/repositories.json")]
    [InlineData("image/vfs/imagedb/content/sha256/{id}")]
    [InlineData("oci-images/vfs/origins/sha256/{id}")]
    [InlineData("image/vfs/imagedb/metadata/sha256/{id}/parent")]
    [InlineData("image/vfs/imagedb/metadata/sha256/{id}/lastUpdated")]
    [InlineData("oci-images/vfs/images.index")]
    public async Task SideFile_Truncated_IsTold_AndTheRestIsUsable(string relative)
    {
        ImageId image;
        ImageId other;
        byte[] whole;
        await using (var made = Open(_directory["root"]))
        {
            image = await made.Images.PutAsync(RootTestData.Config("image"));
            other = await made.Images.PutAsync(RootTestData.Config("other"));
            await made.Images.SetParentAsync(image, other);
            await made.Images.SetLastUpdatedAsync(image, DateTimeOffset.UnixEpoch);
            await made.References.SetAsync(Tag, image);
            await made.Origins.AddAsync(image, new ImageOrigin(Tag, RootTestData.Descriptor("a")));
        }
        string path = Path.Combine(_directory["root"], relative.Replace("{id}", image.Value.Hex));
        whole = await File.ReadAllBytesAsync(path);
        for (int length = 0; length < whole.Length; length += Math.Max(1, whole.Length / 5))
        {
            await File.WriteAllBytesAsync(path, whole[..length]);
            await using var root = Open(_directory["root"]);
            var failures = new List<StorageException>();
            await TryAsync(async () => await root.References.FindAsync(Tag));
            await TryAsync(async () => await root.Images.FindAsync(image));
            await TryAsync(async () => await root.Origins.ReadAsync(image));
            _ = await root.Images.GetParentAsync(image);
            _ = await root.Images.GetLastUpdatedAsync(image);

            Assert.NotNull(await root.Images.FindAsync(other));
            Assert.Contains(other, await root.Images.ListAsync().ToListAsync());
            Assert.All(failures, failure => Assert.Equal((OciErrorKind.Corrupt, path), (failure.Kind, failure.Path)));
            Assert.Equal(relative.Contains("metadata") || relative.Contains("index") ? 0 : 1, failures.Count);

            async Task TryAsync(Func<Task> action)
            {
                try
                {
                    await action();
                }
                catch (StorageException e)
                {
                    failures.Add(e);
                }
            }
        }
    }

    private static ImageRoot Open(string path) => ImageRoot.Open(new ImageRootOptions { Path = path, Driver = "vfs" });

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

    private async Task<string> MountAsync(params string[] arguments)
    {
        Peers.RequireRoot();
        string target = _directory[$"mount{_mounts.Count}"];
        Directory.CreateDirectory(target);
        await Command.RunAsync("mount", [.. arguments, target]);
        _mounts.Add(target);
        return target;
    }
}
