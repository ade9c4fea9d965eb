using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>Opens members of an unpacked diff by the names that the tar has for them.</summary>
internal static class MemberFile
{
    // Rebuilding a layer asks for one file after the other.
    [ThreadStatic]
    private static MemberPath? _reusedPath;

    /// <exception cref="OciException">There is no regular file of that name in the tree.</exception>
    internal static Stream Open(string rootPath, ReadOnlySpan<byte> name)
    {
        var path = _reusedPath ??= new MemberPath();
        path.Set(name);
        using var root = FileDescriptor.OpenDirectory(rootPath);
        // Not blocking: a pipe where a file should be must not hang the reader.
        var opened = path.IsRoot
            ? null
            : root.TryOpenInRoot(path.FullName, Libc.OpenReadOnly | Libc.OpenNoFollow | Libc.OpenNonBlocking, out _);
        if (opened is null || Libc.Statx(opened.Value, CString.Empty, Libc.AtEmptyPath, out var data) != 0 || data.Type != FileModes.File)
        {
            opened?.Dispose();
            throw new OciException(OciErrorKind.NotFound, $"There is no file {path} in {rootPath}.");
        }
        return new DescriptorStream(opened, (long)data.Size, $"{rootPath}/{path}");
    }
}
