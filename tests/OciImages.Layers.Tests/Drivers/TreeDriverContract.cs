using OciImages.TestSupport.Tars;

namespace OciImages.Layers.Tests.Drivers;

/// <summary>What drivers with trees promise beyond <see cref="StorageDriverContract"/>. Needs root.</summary>
public abstract class TreeDriverContract : StorageDriverContract
{
    [Fact]
    public async Task Mount_WithTarget_AppearsThereUntilDisposed()
    {
        string id = await AddAsync(new TarBuilder().File("a", "a"), await AddAsync(new TarBuilder().File("b", "b")));
        string target = this["mount/point"];

        var mount = await Driver.MountAsync(id, new MountOptions { Target = target });
        Assert.Equal(target, mount.Path);
        Assert.Equal(["a", "b"], Directory.GetFiles(target).Select(Path.GetFileName).Order());
        Assert.Throws<IOException>(() => File.WriteAllText(Path.Combine(target, "c"), ""));
        await mount.DisposeAsync();
        await mount.DisposeAsync();

        Assert.Empty(Directory.GetFileSystemEntries(target));
    }

    [Fact]
    public async Task Mount_BaseLayerTwice_GivesTwoReadOnlyTrees()
    {
        string id = await AddAsync(new TarBuilder().File("a", "a"));

        await using var one = await Driver.MountAsync(id, new MountOptions { Target = this["one"] });
        await using (var two = await Driver.MountAsync(id, new MountOptions { Target = this["two"] }))
            Assert.Equal("a", await File.ReadAllTextAsync(Path.Combine(two.Path, "a")));

        Assert.Throws<IOException>(() => File.Delete(Path.Combine(one.Path, "a")));
        Assert.Empty(Directory.GetFiles(this["two"]));
    }

    [Fact]
    public async Task Mount_Detached_StaysAfterDispose()
    {
        string id = await AddAsync(new TarBuilder().File("a", "a"));
        var mount = await Driver.MountAsync(id, new MountOptions { Target = this["stays"] });

        mount.Detach();
        await mount.DisposeAsync();

        Assert.True(File.Exists(this["stays/a"]));
        using var unmount = System.Diagnostics.Process.Start("umount", [this["stays"]]);
        await unmount.WaitForExitAsync();
        Assert.Equal(0, unmount.ExitCode);
    }

    [Fact]
    public async Task CreateWritable_OnAParent_TakesChangesOfItsOwn()
    {
        string parent = await AddAsync(new TarBuilder().File("a", "a").File("gone", "g"));
        string id = SampleLayers.NewId();
        await Driver.CreateWritableAsync(id, parent);

        await using (var mount = await Driver.MountAsync(id, new MountOptions { ReadOnly = false }))
        {
            await File.WriteAllTextAsync(Path.Combine(mount.Path, "new"), "n");
            File.Delete(Path.Combine(mount.Path, "gone"));
        }
        await using (var again = await Driver.MountAsync(id))
            Assert.Equal(["a", "new"], Directory.GetFiles(again.Path).Select(Path.GetFileName).Order());

        Assert.Equal(["", "a", "gone"], Paths(await TreeAsync(parent)));
        await Driver.RemoveAsync(id);
        Assert.False(await Driver.ExistsAsync(id));
    }

    [Fact]
    public async Task CreateWritable_OnNothing_StartsEmpty()
    {
        string id = SampleLayers.NewId();
        await Driver.CreateWritableAsync(id, null);

        await using (var mount = await Driver.MountAsync(id, new MountOptions { ReadOnly = false }))
            await File.WriteAllTextAsync(Path.Combine(mount.Path, "first"), "1");
        await using (var again = await Driver.MountAsync(id, new MountOptions { ReadOnly = false }))
            Assert.Equal("1", await File.ReadAllTextAsync(Path.Combine(again.Path, "first")));

        await Driver.RemoveAsync(id);
    }

    [Fact]
    public async Task Stage_FullDisk_IsAStorageExceptionAndCanBeRemoved()
    {
        string disk = this["disk"];
        Directory.CreateDirectory(disk);
        await RunCommandAsync("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk);
        try
        {
            await using var driver = Create(Path.Combine(disk, "driver"));
            string id = SampleLayers.NewId();

            var failure = await Assert.ThrowsAsync<StorageException>(async () =>
                await driver.StageAsync(id, new TarBuilder().File("a", "a").File("big", new byte[2_000_000]).ToStream()));
            await driver.RemoveAsync(id);

            Assert.Equal(OciErrorKind.Unavailable, failure.Kind);
            Assert.Contains("big", failure.Path, StringComparison.Ordinal);
            Assert.False(await driver.ExistsAsync(id));
            Assert.Empty(Directory.GetFileSystemEntries(disk, $"*{id}*", SearchOption.AllDirectories));
            await driver.StageAsync(id, new TarBuilder().File("small", new byte[500_000]).ToStream());
        }
        finally
        {
            await RunCommandAsync("umount", "-l", disk);
        }
    }

    protected static async Task RunCommandAsync(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(program, arguments);
        await process.WaitForExitAsync(CancellationToken.None);
        Assert.Equal(0, process.ExitCode);
    }
}
