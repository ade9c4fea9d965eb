using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Trees;

namespace OciImages.Layers.Internal.Diff;

/// <summary>One inode of a tree, held by a descriptor, so that what is read of it is all of one thing whatever happens to its name.</summary>
internal sealed class OpenNode : IDisposable
{
    private const int MaxTarget = 4096;

    private readonly string _root;
    private readonly byte[] _path;
    private readonly StatxData _data;

    private OpenNode(FileDescriptor descriptor, bool isReadable, string root, ReadOnlySpan<byte> path)
    {
        (Descriptor, IsReadable, _root, _path) = (descriptor, isReadable, root, path.ToArray());
        if (Libc.Statx(descriptor.Value, CString.Empty, Libc.AtEmptyPath, out _data) != 0)
        {
            int errno = Errno.Last;
            descriptor.Dispose();
            throw TreeErrors.Fail(errno, "read the attributes", root, path);
        }
    }

    /// <summary>The inode: a directory open for reading, or anything opened as a place only.</summary>
    internal FileDescriptor Descriptor { get; }

    /// <summary>Whether it is a directory that can be read; one on which something is mounted is not.</summary>
    internal bool IsReadable { get; }

    internal ref readonly StatxData Data => ref _data;

    /// <summary>Opens a tree's root.</summary>
    internal static OpenNode OpenRoot(string root) => new(FileDescriptor.OpenDirectory(root), isReadable: true, root, []);

    /// <summary>Opens a name of a directory, without following a symbolic link; null when there is none (any more).</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="name">The name, ending with NUL.</param>
    /// <param name="root">The path of the tree for messages.</param>
    /// <param name="path">The path in the tree for messages.</param>
    internal static OpenNode? TryOpen(FileDescriptor directory, ReadOnlySpan<byte> name, string root, ReadOnlySpan<byte> path)
    {
        int opened = Libc.OpenAt(directory.Value, name, Libc.OpenPath | Libc.OpenNoFollow | Libc.OpenCloseOnExec, 0);
        if (opened < 0)
            return Errno.Last == Errno.NoEntry ? null : throw TreeErrors.Fail(Errno.Last, "open", root, path);
        var node = new OpenNode(new FileDescriptor(opened), isReadable: false, root, path);
        if (!node.Data.IsDirectory)
            return node;
        node.Dispose();
        // A mount is refused here: it belongs to another tree, whose content is none of this one's.
        var child = directory.TryOpenChild(name, out int errno);
        if (child is not null)
            return new OpenNode(child, isReadable: true, root, path);
        return errno switch
        {
            Errno.CrossDevice => new OpenNode(Reopen(directory, name, root, path), isReadable: false, root, path),
            Errno.NoEntry or Errno.NotDirectory => null,
            _ => throw TreeErrors.Fail(errno, "open the directory", root, path),
        };
    }

    /// <summary>Opens the content of a file.</summary>
    internal FileDescriptor OpenContent()
    {
        // Through the descriptor: by name it could be another file by now, or a device that notices being opened.
        int opened = Libc.OpenAt(
            Libc.AtCurrentDirectory, CString.OfDescriptor(Descriptor.Value), Libc.OpenReadOnly | Libc.OpenNonBlocking | Libc.OpenCloseOnExec, 0);
        return opened >= 0 ? new FileDescriptor(opened) : throw TreeErrors.Fail(Errno.Last, "open the file", _root, _path);
    }

    /// <summary>Reads the target of a symbolic link.</summary>
    internal byte[] ReadTarget()
    {
        byte[] target = new byte[MaxTarget];
        int length = (int)Libc.ReadLinkAt(Descriptor.Value, CString.Empty, target, target.Length);
        TreeErrors.Check(length, "read the symbolic link", _root, _path);
        return target[..length];
    }

    public void Dispose() => Descriptor.Dispose();

    /// <summary>The path for messages.</summary>
    public override string ToString() => $"{_root}/{CString.ToDisplay(_path)}";

    private static FileDescriptor Reopen(FileDescriptor directory, ReadOnlySpan<byte> name, string root, ReadOnlySpan<byte> path)
    {
        int opened = Libc.OpenAt(directory.Value, name, Libc.OpenPath | Libc.OpenNoFollow | Libc.OpenCloseOnExec, 0);
        return opened >= 0 ? new FileDescriptor(opened) : throw TreeErrors.Fail(Errno.Last, "open", root, path);
    }
}
