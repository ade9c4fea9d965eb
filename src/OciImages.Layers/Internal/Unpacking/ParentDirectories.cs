using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>
/// Opens the directories that members go into, making missing ones. Consecutive members mostly share theirs, so the last one stays open.
/// </summary>
/// <remarks>
/// Symbolic links that the layer made are followed as in a chroot: the kernel resolves every path with the layer's root as the root.
/// </remarks>
internal sealed class ParentDirectories(FileDescriptor root, string rootPath, MemberRecordWriter? records) : IDisposable
{
    private const int DirectoryFlags = Libc.OpenReadOnly;
    private byte[] _path = new byte[256];
    private int _length;
    private bool _isStale;
    private FileDescriptor? _open;

    /// <summary>The directory of a member; valid until the next call.</summary>
    internal FileDescriptor Get(MemberPath member)
    {
        var parent = member.Parent;
        if (parent.Length == 0)
            return root;
        if (_open is not null && !_isStale && parent.SequenceEqual(_path.AsSpan(0, _length)))
            return _open;
        _open?.Dispose();
        _open = null;
        _isStale = false;
        if (_path.Length <= parent.Length)
            _path = new byte[parent.Length * 2];
        parent.CopyTo(_path);
        _path[parent.Length] = 0;
        _length = parent.Length;
        _open = root.TryOpenInRoot(_path.AsSpan(0, _length + 1), DirectoryFlags | Libc.OpenDirectory, out int errno);
        if (_open is null && errno == Errno.NoEntry)
            _open = MakeMissing(parent);
        return _open ?? throw UnpackErrors.From(errno, "open the directory", rootPath, CString.ToDisplay(parent));
    }

    /// <summary>Says that paths may lead elsewhere now; the directory got last stays usable until the next is asked for.</summary>
    internal void Invalidate() => _isStale = true;

    public void Dispose() => _open?.Dispose();

    private FileDescriptor MakeMissing(ReadOnlySpan<byte> path)
    {
        var current = OpenLongestExisting(path, out int start);
        try
        {
            while (start < path.Length)
            {
                int slash = path[start..].IndexOf((byte)'/');
                int end = slash < 0 ? path.Length : start + slash;
                var made = Make(current ?? root, CString.From(path[start..end]), path[..end]);
                current?.Dispose();
                current = made;
                start = end + 1;
            }
            return current!;
        }
        catch
        {
            current?.Dispose();
            throw;
        }
    }

    // What lies in an existing directory's path exists too: so halving finds the end of it, however deep a hostile name is.
    private FileDescriptor? OpenLongestExisting(ReadOnlySpan<byte> path, out int rest)
    {
        FileDescriptor? longest = null;
        rest = 0;
        int end = path.Length;
        while (rest < end)
        {
            int middle = path[(rest + (end - rest) / 2)..end].IndexOf((byte)'/');
            middle = middle < 0 ? path[rest..end].LastIndexOf((byte)'/') + rest : middle + rest + (end - rest) / 2;
            if (middle < rest)
                break;
            var existing = root.TryOpenInRoot(CString.From(path[..middle]), DirectoryFlags | Libc.OpenDirectory, out int errno);
            if (existing is null && errno != Errno.NoEntry)
            {
                longest?.Dispose();
                throw UnpackErrors.From(errno, "open the directory", rootPath, CString.ToDisplay(path[..middle]));
            }
            if (existing is null)
            {
                end = middle;
                continue;
            }
            longest?.Dispose();
            longest = existing;
            rest = middle + 1;
        }
        return longest;
    }

    private FileDescriptor Make(FileDescriptor parent, byte[] name, ReadOnlySpan<byte> path)
    {
        const uint mode = 0x1ED; // 0755
        // EEXIST here is a symbolic link that leads nowhere.
        if (Libc.MkdirAt(parent.Value, name, mode) != 0)
            throw UnpackErrors.From(Errno.Last == Errno.Exists ? Errno.NoEntry : Errno.Last, "make the directory", rootPath, CString.ToDisplay(path));
        var made = parent.TryOpenChild(name, out int errno)
            ?? throw UnpackErrors.From(errno, "open the directory", rootPath, CString.ToDisplay(path));
        if (Libc.Chmod(made.Value, mode) != 0) // whatever the process's umask is
        {
            made.Dispose();
            throw UnpackErrors.From(Errno.Last, "set the mode", rootPath, CString.ToDisplay(path));
        }
        records?.AddImplied(path);
        return made;
    }
}
