using OciImages.Layers.Drivers;
using OciImages.TestSupport;

namespace OciImages.Layers.Tests.Store;

public sealed class Overlay2WritableLayerTests : WritableLayerContract
{
    protected override FileLayerStore Create(string root) =>
        new(Path.Combine(root, "image/overlay2/layerdb"), new Overlay2Driver(Path.Combine(root, "overlay2")));

    [Fact]
    public async Task Remove_MountedByAnotherProcess_IsAConflictAndChangesNothing()
    {
        var layer = await Store.WritableLayers.CreateAsync("box", null);
        var other = OpenAnother().WritableLayers;
        await using (var mount = await layer.MountAsync())
        {
            var refusal = await Assert.ThrowsAsync<OciException>(async () => await other.RemoveAsync("box"));

            Assert.Equal(OciErrorKind.Conflict, refusal.Kind);
            Assert.Contains("box", refusal.Message, StringComparison.Ordinal);
            await File.WriteAllTextAsync(Path.Combine(mount.Path, "new"), "n");
        }
        Assert.Equal(["A new"], (await (await other.FindAsync("box"))!.GetChangesAsync()).Select(Describe));
        Assert.Empty((await other.RemoveAsync("box"))!);
    }

    [Fact]
    public async Task Detach_Mount_StaysForOthersUntilItIsUnmounted()
    {
        var layer = await Store.WritableLayers.CreateAsync("box", null);
        var mount = await layer.MountAsync();
        mount.Detach();
        var other = await OpenAnother().WritableLayers.FindAsync("box");

        await (await other!.MountAsync()).DisposeAsync();
        Assert.True(MountPoint.IsMounted(mount.Path));
        await other.UnmountAsync();

        Assert.False(MountPoint.IsMounted(mount.Path));
    }

    [Fact]
    public async Task Mount_Label_GoesToTheKernel()
    {
        var layer = await Store.WritableLayers.CreateAsync("box", null);
        var options = new MountOptions { ReadOnly = false, Label = "system_u:object_r:container_file_t:s0:c1,c2" };

        if (Directory.Exists("/sys/fs/selinux/booleans"))
            await using (await layer.MountAsync(options))
                Assert.Contains("context=", await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
        else
            await Assert.ThrowsAsync<StorageException>(async () => await layer.MountAsync(options)); // the kernel knows no such option

        options.Label = "a\",upperdir=/etc";
        Assert.Equal(OciErrorKind.InvalidInput, (await Assert.ThrowsAsync<OciException>(async () => await layer.MountAsync(options))).Kind);
    }
}
