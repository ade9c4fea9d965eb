using OciImages.TestSupport;
using OciImages.TestSupport.Processes;

namespace OciImages.Layers.Tests;

public sealed class MountPointTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("plain")]
    [InlineData("with blank and back\\slash")]
    public async Task IsMounted_MountedDirectory_IsTrueUntilUnmounted(string name)
    {
        Peers.RequireRoot();
        string path = _directory[name];
        Directory.CreateDirectory(path);
        Assert.False(MountPoint.IsMounted(path));

        await Command.RunAsync("mount", "-t", "tmpfs", "tmpfs", path);

        Assert.True(MountPoint.IsMounted(path + "/"));
        Assert.True(MountPoint.TryUnmount(path));
        Assert.False(MountPoint.IsMounted(path));
        Assert.False(MountPoint.TryUnmount(path));
    }

    [Fact]
    public async Task TryUnmount_BusyMount_DetachesIt()
    {
        Peers.RequireRoot();
        string path = _directory["busy"];
        Directory.CreateDirectory(path);
        await Command.RunAsync("mount", "-t", "tmpfs", "tmpfs", path);
        await using (var open = File.Create(Path.Combine(path, "open")))
        {
            Assert.True(MountPoint.TryUnmount(path));
            Assert.False(MountPoint.IsMounted(path));
            open.WriteByte(1);
        }
    }
}
