using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Trees;

/// <summary>Copies a tree with all that makes it up: hard links, holes, owners, modes, extended attributes, times, devices.</summary>
internal sealed class TreeCopier(string sourcePath, string targetPath)
{
    private readonly FileCopy _files = new();
    private readonly Dictionary<(ulong Device, ulong Inode), byte[]> _linked = [];

    /// <summary>Copies the content and the attributes of one directory to another, which is empty.</summary>
    internal void Copy(CancellationToken cancellationToken)
    {
        using var source = FileDescriptor.OpenDirectory(sourcePath);
        using var target = FileDescriptor.OpenDirectory(targetPath);
        CopyDirectory(source, target, target, [], 0, cancellationToken);
    }

    private void CopyDirectory(
        FileDescriptor source, FileDescriptor target, FileDescriptor root, byte[] path, int depth, CancellationToken cancellationToken)
    {
        TreeErrors.CheckDepth(depth, sourcePath);
        foreach (var entry in DirectoryEntries.ReadAll(source, sourcePath))
        {
            cancellationToken.ThrowIfCancellationRequested();
            byte[] child = TreePath.Join(path, entry.Bytes);
            TreeErrors.Check(Libc.Statx(source.Value, entry.Name, Libc.AtSymlinkNoFollow, out var data), "read the attributes", sourcePath, child);
            if (data.IsDirectory)
            {
                TreeErrors.Check(Libc.MkdirAt(target.Value, entry.Name, 0x1C0), "make the directory", targetPath, child);
                using var from = OpenChild(source, entry.Name, sourcePath, child);
                using var to = OpenChild(target, entry.Name, targetPath, child);
                CopyDirectory(from, to, root, child, depth + 1, cancellationToken);
            }
            else if (!TryLink(root, target, entry.Name, child, data))
            {
                CopyEntry(source, target, entry.Name, child, data);
            }
        }
        TreeErrors.Check(Libc.Statx(source.Value, CString.Empty, Libc.AtEmptyPath, out var own), "read the attributes", sourcePath, path);
        CheckErrno(InodeCopy.CopyAttributes(source, own, target), "set the attributes", path);
    }

    private bool TryLink(FileDescriptor root, FileDescriptor target, byte[] name, byte[] path, in StatxData data)
    {
        if (data.LinkCount < 2)
            return false;
        var inode = (((ulong)data.DeviceMajor << 32) | data.DeviceMinor, data.Inode);
        if (!_linked.TryGetValue(inode, out byte[]? first))
        {
            _linked.Add(inode, path);
            return false;
        }
        TreeErrors.Check(Libc.LinkAt(root.Value, CString.From(first), target.Value, name, 0), "make the hard link", targetPath, path);
        return true;
    }

    private void CopyEntry(FileDescriptor source, FileDescriptor target, byte[] name, byte[] path, in StatxData data)
    {
        if (data.Type == FileModes.File)
        {
            CopyFile(source, target, name, path, data);
            return;
        }
        if (data.Type == FileModes.SymbolicLink)
            CopySymbolicLink(source, target, name, path);
        else
            TreeErrors.Check(
                Libc.MknodAt(target.Value, name, data.Mode, FileModes.MakeDevice(data.SpecialMajor, data.SpecialMinor)), "make the node", targetPath, path);
        CheckErrno(InodeCopy.CopyNodeAttributes(source, target, name, data), "set the attributes", path);
    }

    private void CopyFile(FileDescriptor source, FileDescriptor target, byte[] name, byte[] path, in StatxData data)
    {
        int from = Libc.OpenAt(source.Value, name, Libc.OpenReadOnly | Libc.OpenNoFollow | Libc.OpenNonBlocking | Libc.OpenCloseOnExec, 0);
        TreeErrors.Check(from, "open the file", sourcePath, path);
        using var input = new FileDescriptor(from);
        int to = Libc.OpenAt(
            target.Value, name, Libc.OpenWriteOnly | Libc.OpenCreate | Libc.OpenExclusive | Libc.OpenNoFollow | Libc.OpenCloseOnExec, 0x180);
        TreeErrors.Check(to, "make the file", targetPath, path);
        using var output = new FileDescriptor(to);
        CheckErrno(_files.Copy(input, output, data), "copy the file", path);
        CheckErrno(InodeCopy.CopyAttributes(input, data, output), "set the attributes", path);
    }

    private void CopySymbolicLink(FileDescriptor source, FileDescriptor target, byte[] name, byte[] path)
    {
        byte[] buffer = new byte[4097];
        int length = (int)Libc.ReadLinkAt(source.Value, name, buffer, buffer.Length - 1);
        TreeErrors.Check(length, "read the symbolic link", sourcePath, path);
        TreeErrors.Check(Libc.SymlinkAt(buffer.AsSpan(0, length + 1), target.Value, name), "make the symbolic link", targetPath, path);
    }

    private static FileDescriptor OpenChild(FileDescriptor parent, byte[] name, string root, byte[] path) =>
        parent.TryOpenChild(name, out int errno) ?? throw TreeErrors.Fail(errno, "open the directory", root, path);

    private void CheckErrno(int errno, string action, byte[] path)
    {
        if (errno != 0)
            throw TreeErrors.Fail(errno, action, targetPath, path);
    }
}
