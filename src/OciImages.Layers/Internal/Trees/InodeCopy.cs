using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Trees;

/// <summary>Copies owner, extended attributes, mode and times from one inode to another.</summary>
internal static class InodeCopy
{
    private static readonly bool IsRoot = Libc.EffectiveUserId() == 0;

    /// <summary>Copies everything to an inode that is open for reading or writing.</summary>
    /// <param name="source">The inode to read, opened in any way.</param>
    /// <param name="data">Its attributes.</param>
    /// <param name="target">The inode to change.</param>
    /// <param name="clear">Whether extended attributes that only the target has go.</param>
    /// <returns>0, or the error number.</returns>
    internal static int CopyAttributes(FileDescriptor source, in StatxData data, FileDescriptor target, bool clear = false)
    {
        if (IsRoot && Libc.Chown(target.Value, data.UserId, data.GroupId) != 0)
            return Errno.Last;
        if (ExtendedAttributes.Copy(source.Value, target.Value, clear) is var errno and not 0)
            return errno;
        return Libc.Chmod(target.Value, data.Permissions) != 0 || SetTimes(target, data) != 0 ? Errno.Last : 0;
    }

    /// <summary>Copies everything to an inode that cannot be opened: a link, a pipe or a device.</summary>
    /// <returns>0, or the error number.</returns>
    internal static int CopyNodeAttributes(FileDescriptor sourceDirectory, FileDescriptor directory, ReadOnlySpan<byte> name, in StatxData data)
    {
        const int flags = Libc.OpenPath | Libc.OpenCloseOnExec;
        int from = Libc.OpenAt(sourceDirectory.Value, name, flags | Libc.OpenNoFollow, 0);
        if (from < 0)
            return Errno.Last;
        using var source = new FileDescriptor(from);
        int to = Libc.OpenAt(directory.Value, name, flags | Libc.OpenNoFollow, 0);
        if (to < 0)
            return Errno.Last;
        using var target = new FileDescriptor(to);
        if (IsRoot && Libc.ChownAt(to, CString.Empty, data.UserId, data.GroupId, Libc.AtEmptyPath) != 0)
            return Errno.Last;
        if (ExtendedAttributes.Copy(from, to, clear: false) is var errno and not 0)
            return errno;
        byte[] path = CString.OfDescriptor(to);
        if (data.Type != FileModes.SymbolicLink && Libc.ChmodPath(path, data.Permissions) != 0)
            return Errno.Last;
        return Libc.SetTimesAt(Libc.AtCurrentDirectory, path, [data.AccessTime, data.ModificationTime], 0) == 0 ? 0 : Errno.Last;
    }

    /// <summary>Sets the times of an open inode.</summary>
    internal static int SetTimes(FileDescriptor target, in StatxData data) =>
        Libc.SetTimes(target.Value, [data.AccessTime, data.ModificationTime]);
}
