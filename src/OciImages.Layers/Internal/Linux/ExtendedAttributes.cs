using System.Buffers;

namespace OciImages.Layers.Internal.Linux;

/// <summary>Extended attributes of open inodes.</summary>
internal static class ExtendedAttributes
{
    // XATTR_SIZE_MAX and XATTR_LIST_MAX
    private const int MaxSize = 64 * 1024;

    /// <summary>Whether the overlay file system would take orders from the attribute: a layer must not give any.</summary>
    internal static bool SteersOverlay(string name) =>
        name.StartsWith("trusted.overlay.", StringComparison.Ordinal) || name.StartsWith("user.overlay.", StringComparison.Ordinal);

    /// <summary>Sets an attribute.</summary>
    /// <param name="descriptor">The inode.</param>
    /// <param name="pathOnly">Whether the descriptor was opened with O_PATH, and can only be reached through /proc.</param>
    /// <param name="name">The attribute's name, ending with NUL.</param>
    /// <param name="value">Its value.</param>
    /// <returns>0, or the error number.</returns>
    internal static int Set(int descriptor, bool pathOnly, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int result = pathOnly
            ? Libc.SetAttributePath(CString.OfDescriptor(descriptor), name, value, value.Length, 0)
            : Libc.SetAttribute(descriptor, name, value, value.Length, 0);
        return result == 0 ? 0 : Errno.Last;
    }

    /// <summary>Makes the attributes of one inode those of another; what the file system or the rights do not allow is left out.</summary>
    /// <param name="source">The inode to read, opened in any way.</param>
    /// <param name="target">The inode to change, opened in any way.</param>
    /// <param name="clear">Whether to remove what only the target has; a new inode has nothing.</param>
    /// <returns>0, or the error number.</returns>
    internal static int Copy(int source, int target, bool clear)
    {
        byte[] from = CString.OfDescriptor(source), to = CString.OfDescriptor(target);
        byte[] names = ArrayPool<byte>.Shared.Rent(MaxSize);
        byte[]? value = null;
        try
        {
            if (clear && Clear(to, names) is var failed and not 0)
                return failed;
            int length = (int)Libc.ListAttributesPath(from, names, MaxSize);
            if (length < 0)
                return Tolerate(Errno.Last);
            for (var rest = names.AsSpan(0, length); rest.Length > 0;)
            {
                var name = rest[..(rest.IndexOf((byte)0) + 1)];
                rest = rest[name.Length..];
                value ??= ArrayPool<byte>.Shared.Rent(MaxSize);
                int size = (int)Libc.GetAttributePath(from, name, value, MaxSize);
                int errno = size < 0 || Libc.SetAttributePath(to, name, value, size, 0) != 0 ? Tolerate(Errno.Last) : 0;
                if (errno != 0)
                    return errno;
            }
            return 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(names);
            if (value is not null)
                ArrayPool<byte>.Shared.Return(value);
        }
    }

    private static int Clear(byte[] path, byte[] names)
    {
        int length = (int)Libc.ListAttributesPath(path, names, MaxSize);
        if (length < 0)
            return Tolerate(Errno.Last);
        for (var rest = names.AsSpan(0, length); rest.Length > 0;)
        {
            var name = rest[..(rest.IndexOf((byte)0) + 1)];
            rest = rest[name.Length..];
            if (Libc.RemoveAttributePath(path, name) != 0 && Tolerate(Errno.Last) is var errno and not 0)
                return errno;
        }
        return 0;
    }

    private static int Tolerate(int errno) => errno is Errno.NotSupported or Errno.NotPermitted or Errno.AccessDenied or Errno.NoData ? 0 : errno;
}
