using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>Remembers the times of directories until all members are there: whatever is made in a directory changes its own.</summary>
internal sealed class DirectoryTimes(FileDescriptor root, string rootPath)
{
    private readonly List<(byte[] Path, Timespec Access, Timespec Modification)> _pending = [];

    internal void Add(MemberPath path, TarEntry entry)
    {
        Span<Timespec> times = stackalloc Timespec[2];
        Timespec.FromMember(entry.ModificationTime, entry.AccessTime, times);
        _pending.Add((path.IsRoot ? ".\0"u8.ToArray() : path.FullName.ToArray(), times[0], times[1]));
    }

    internal void Apply()
    {
        Span<Timespec> times = stackalloc Timespec[2];
        foreach (var (path, access, modification) in _pending)
        {
            using var directory = root.TryOpenInRoot(path, Libc.OpenReadOnly | Libc.OpenDirectory | Libc.OpenNoFollow, out int errno);
            // Later members may have put something else there.
            if (directory is null && errno is Errno.NoEntry or Errno.NotDirectory or Errno.TooManySymlinks)
                continue;
            (times[0], times[1]) = (access, modification);
            if (directory is null || Libc.SetTimes(directory.Value, times) != 0)
                throw UnpackErrors.From(directory is null ? errno : Errno.Last, "set the times", rootPath, CString.ToDisplay(path.AsSpan(0, path.Length - 1)));
        }
    }
}
