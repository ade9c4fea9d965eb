using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Trees;

/// <summary>Errors of work on trees of the store.</summary>
internal static class TreeErrors
{
    /// <summary>How many directories deep the recursive walks go; each level holds two descriptors and a stack frame.</summary>
    internal const int MaxDepth = 1000;

    internal static void Check(int result, string action, string root, ReadOnlySpan<byte> path)
    {
        if (result < 0)
            throw StorageException.FromErrno(Errno.Last, action, $"{root}/{CString.ToDisplay(path)}");
    }

    internal static StorageException Fail(int errno, string action, string root, ReadOnlySpan<byte> path) =>
        StorageException.FromErrno(errno, action, $"{root}/{CString.ToDisplay(path)}");

    internal static void CheckDepth(int depth, string root)
    {
        if (depth > MaxDepth)
            throw new OciException(OciErrorKind.Unsupported, $"The tree {root} is more than {MaxDepth} directories deep.");
    }
}
