using Microsoft.Win32.SafeHandles;

namespace OciImages.Layers.Internal.Linux;

/// <summary>An open file descriptor, closed when disposed.</summary>
internal sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    private const int ManyTries = 128;

    internal FileDescriptor(int value)
        : base(ownsHandle: true) => SetHandle(value);

    /// <summary>The number, valid as long as this is not disposed.</summary>
    internal int Value => (int)handle;

    /// <summary>Opens a directory of the store, which is trusted: symbolic links in the path are followed, but not at its end.</summary>
    internal static FileDescriptor OpenDirectory(string path)
    {
        int opened = Libc.OpenAt(
            Libc.AtCurrentDirectory, CString.From(path), Libc.OpenReadOnly | Libc.OpenDirectory | Libc.OpenNoFollow | Libc.OpenCloseOnExec, 0);
        return opened >= 0 ? new FileDescriptor(opened) : throw StorageException.FromErrno(Errno.Last, "open the directory", path);
    }

    /// <summary>Opens a directory of the store as a place in the file system only, wherever a symbolic link at its end leads.</summary>
    internal static FileDescriptor OpenPath(string path)
    {
        int opened = Libc.OpenAt(Libc.AtCurrentDirectory, CString.From(path), Libc.OpenPath | Libc.OpenDirectory | Libc.OpenCloseOnExec, 0);
        return opened >= 0 ? new FileDescriptor(opened) : throw StorageException.FromErrno(Errno.Last, "open the directory", path);
    }

    /// <summary>
    /// Opens what a path names inside this directory, as if it were the root: symbolic links in the path are followed by the kernel and
    /// cannot lead out.
    /// </summary>
    /// <returns>The new descriptor, or null and the error number.</returns>
    internal FileDescriptor? TryOpenInRoot(ReadOnlySpan<byte> path, int flags, out int errno) =>
        TryOpen(path, flags, Libc.ResolveInRoot | Libc.ResolveNoMagicLinks, out errno);

    /// <summary>Opens what a path names below this directory, if no symbolic link is in it.</summary>
    internal FileDescriptor? TryOpenBeneath(ReadOnlySpan<byte> path, int flags, out int errno) =>
        TryOpen(path, flags, Libc.ResolveBeneath | Libc.ResolveNoSymlinks, out errno);

    /// <summary>Opens a directory that lies directly in this one, on the same mount, and is no symbolic link.</summary>
    internal FileDescriptor? TryOpenChild(ReadOnlySpan<byte> name, out int errno) => TryOpen(
        name, Libc.OpenReadOnly | Libc.OpenDirectory | Libc.OpenNoFollow,
        Libc.ResolveBeneath | Libc.ResolveNoSymlinks | Libc.ResolveNoCrossDevice, out errno);

    protected override bool ReleaseHandle() => Libc.Close(Value) == 0;

    private FileDescriptor? TryOpen(ReadOnlySpan<byte> path, int flags, ulong resolve, out int errno)
    {
        errno = 0;
        // EAGAIN: something was renamed while the kernel walked through a "..": it could not tell whether that led out.
        for (int i = 0; i < ManyTries; i++)
        {
            int opened = Libc.OpenAt2(Value, path, new OpenHow(flags | Libc.OpenCloseOnExec, resolve));
            if (opened >= 0)
                return new FileDescriptor(opened);
            errno = Errno.Last;
            if (errno is not (Errno.TryAgain or Errno.Interrupted))
                break;
        }
        return null;
    }
}
