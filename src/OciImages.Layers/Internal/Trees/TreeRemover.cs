using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Trees;

/// <summary>
/// Deletes trees by descriptors: never follows a symbolic link, never enters another mount, needs a bounded number of descriptors
/// however deep a tree is, and does not mind when something is gone already.
/// </summary>
internal static class TreeRemover
{
    private const int MaxDepth = 64;

    /// <summary>Deletes a name and all below it, if it exists.</summary>
    /// <returns>The sizes of the files and symbolic links whose last name went.</returns>
    internal static long Remove(FileDescriptor parent, ReadOnlySpan<byte> name, string display, CancellationToken cancellationToken)
    {
        long freed = TryUnlink(parent, name, display, out bool isDirectory);
        if (!isDirectory)
            return freed;
        using var top = Open(parent, name, display);
        if (top is null)
            return 0;
        freed = Clear(top, display, cancellationToken);
        RemoveEmpty(parent, name, display);
        return freed;
    }

    /// <summary>Deletes everything in a directory, which stays.</summary>
    /// <returns>The sizes of the files and symbolic links whose last name went.</returns>
    internal static long Clear(FileDescriptor directory, string display, CancellationToken cancellationToken)
    {
        long freed = 0;
        var stack = new Stack<Level>();
        stack.Push(new Level(directory, [], DirectoryEntries.ReadAll(directory, display)));
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var level = stack.Peek();
                if (!level.TryTake(out var entry))
                {
                    if (stack.Count == 1)
                        return freed;
                    stack.Pop();
                    level.Directory.Dispose();
                    RemoveEmpty(stack.Peek().Directory, level.Name, display);
                    continue;
                }
                bool isDirectory = entry.Type == DirectoryEntries.TypeDirectory;
                if (!isDirectory)
                    freed += TryUnlink(level.Directory, entry.Name, display, out isDirectory);
                if (isDirectory)
                    Descend(stack, directory, entry.Name, display);
            }
        }
        finally
        {
            while (stack.Count > 1)
                stack.Pop().Directory.Dispose();
        }
    }

    private static void Descend(Stack<Level> stack, FileDescriptor top, byte[] name, string display)
    {
        var level = stack.Peek();
        if (stack.Count > MaxDepth)
        {
            // A hostile tree may be deeper than descriptors last: its deep part is moved up and deleted as a tree of its own.
            byte[] moved = CString.From($".removing-{Guid.NewGuid():N}");
            if (Libc.RenameAt(level.Directory.Value, name, top.Value, moved) != 0)
                throw StorageException.FromErrno(Errno.Last, "move a deep directory up", display);
            stack.Last().Add(new DirectoryEntry(moved, DirectoryEntries.TypeDirectory));
            return;
        }
        if (Open(level.Directory, name, display) is { } child)
            stack.Push(new Level(child, name, DirectoryEntries.ReadAll(child, display)));
    }

    private static FileDescriptor? Open(FileDescriptor parent, ReadOnlySpan<byte> name, string display)
    {
        var child = parent.TryOpenChild(name, out int errno);
        if (errno == Errno.AccessDenied && MakeAccessible(parent, name))
            child = parent.TryOpenChild(name, out errno);
        if (child is not null || errno == Errno.NoEntry)
            return child;
        throw StorageException.FromErrno(errno == Errno.CrossDevice ? Errno.Busy : errno, "delete the directory", $"{display} ({CString.ToDisplay(name[..^1])})");
    }

    // Only an unprivileged owner meets this; he may give himself the rights back.
    private static bool MakeAccessible(FileDescriptor parent, ReadOnlySpan<byte> name)
    {
        int opened = Libc.OpenAt(parent.Value, name, Libc.OpenPath | Libc.OpenNoFollow | Libc.OpenDirectory | Libc.OpenCloseOnExec, 0);
        if (opened < 0)
            return false;
        using var directory = new FileDescriptor(opened);
        return Libc.ChmodPath(CString.OfDescriptor(opened), 0x1C0) == 0;
    }

    private static long TryUnlink(FileDescriptor parent, ReadOnlySpan<byte> name, string display, out bool isDirectory)
    {
        isDirectory = false;
        int result = Libc.Statx(parent.Value, name, Libc.AtSymlinkNoFollow, out var data);
        if (result == 0 && data.IsDirectory)
        {
            isDirectory = true;
            return 0;
        }
        if ((result == 0 ? Libc.UnlinkAt(parent.Value, name, 0) : result) == 0)
            return data.Type is FileModes.File or FileModes.SymbolicLink && data.LinkCount == 1 ? (long)data.Size : 0;
        int errno = Errno.Last;
        if (errno == Errno.NoEntry)
            return 0;
        isDirectory = errno == Errno.IsDirectory;
        return isDirectory ? 0 : throw StorageException.FromErrno(errno, "delete the file", $"{display} ({CString.ToDisplay(name[..^1])})");
    }

    private static void RemoveEmpty(FileDescriptor parent, ReadOnlySpan<byte> name, string display)
    {
        if (Libc.UnlinkAt(parent.Value, name, Libc.AtRemoveDirectory) != 0 && Errno.Last is var errno and not Errno.NoEntry)
            throw StorageException.FromErrno(errno, "delete the directory", $"{display} ({CString.ToDisplay(name[..^1])})");
    }

    private sealed class Level(FileDescriptor directory, byte[] name, List<DirectoryEntry> entries)
    {
        private readonly Stack<DirectoryEntry> _left = new(entries);

        internal FileDescriptor Directory { get; } = directory;

        internal byte[] Name { get; } = name;

        internal void Add(DirectoryEntry entry) => _left.Push(entry);

        internal bool TryTake(out DirectoryEntry entry) => _left.TryPop(out entry);
    }
}
