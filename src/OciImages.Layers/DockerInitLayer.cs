using System.Runtime.Versioning;
using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers;

/// <summary>
/// What Docker puts into the init layer of each container: empty files and directories that the runtime mounts over, and
/// <c>/etc/mtab</c>. As in Docker, what an image has in the way that is no directory is replaced.
/// </summary>
[SupportedOSPlatform("linux")]
public static class DockerInitLayer
{
    private static readonly byte[][] Directories = [[.. "dev\0"u8], [.. "dev/pts\0"u8], [.. "dev/shm\0"u8], [.. "proc\0"u8], [.. "sys\0"u8], [.. "etc\0"u8]];
    private static readonly byte[][] Files =
        [[.. ".dockerenv\0"u8], [.. "etc/hosts\0"u8], [.. "etc/resolv.conf\0"u8], [.. "etc/hostname\0"u8], [.. "dev/console\0"u8]];

    /// <summary>Fills an init layer; for <see cref="WritableLayerOptions.Initialize"/>. Links of the tree are never followed.</summary>
    /// <param name="path">The absolute path of the mounted tree.</param>
    /// <param name="cancellationToken">Not used: there is little to do.</param>
    /// <returns>A task.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    public static ValueTask FillAsync(string path, CancellationToken cancellationToken = default)
    {
        using var root = FileDescriptor.OpenDirectory(path);
        foreach (byte[] name in Directories)
        {
            using var parent = OpenParent(root, name, path, out byte[] last);
            _ = Libc.UnlinkAt(parent.Value, last, 0); // a directory stays, with an error
            Check(Libc.MkdirAt(parent.Value, last, 0x1ED) == 0 || Errno.Last == Errno.Exists, "make the directory", path, name);
        }
        foreach (byte[] name in Files)
        {
            using var parent = OpenParent(root, name, path, out byte[] last);
            _ = Libc.UnlinkAt(parent.Value, last, 0);
            int file = Libc.OpenAt(
                parent.Value, last, Libc.OpenWriteOnly | Libc.OpenCreate | Libc.OpenExclusive | Libc.OpenNoFollow | Libc.OpenCloseOnExec, 0x1ED);
            if (file < 0)
            {
                Check(Errno.Last == Errno.Exists, "make the file", path, name); // a directory
                continue;
            }
            using var made = new FileDescriptor(file);
            Check(Libc.Chmod(made.Value, 0x1ED) == 0, "set the mode", path, name);
        }
        byte[] mtab = [.. "etc/mtab\0"u8];
        using var etc = OpenParent(root, mtab, path, out byte[] link);
        _ = Libc.UnlinkAt(etc.Value, link, 0);
        Check(Libc.SymlinkAt("/proc/mounts\0"u8, etc.Value, link) == 0 || Errno.Last == Errno.Exists, "make the symbolic link", path, mtab);
        return ValueTask.CompletedTask;
    }

    private static FileDescriptor OpenParent(FileDescriptor root, byte[] name, string path, out byte[] last)
    {
        int slash = name.AsSpan().LastIndexOf((byte)'/');
        last = name[(slash + 1)..];
        byte[] directory = slash < 0 ? [.. ".\0"u8] : [.. name[..slash], 0];
        return root.TryOpenBeneath(directory, Libc.OpenReadOnly | Libc.OpenDirectory, out int errno)
            ?? throw StorageException.FromErrno(errno, "open a directory of the init layer", path);
    }

    private static void Check(bool isDone, string action, string path, byte[] name)
    {
        if (!isDone)
            throw StorageException.FromErrno(Errno.Last, action, Path.Combine(path, CString.ToDisplay(name.AsSpan(0, name.Length - 1))));
    }
}
