using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Trees;

namespace OciImages.Layers.Internal.Overlay;

/// <summary>
/// Takes whiteouts that hide nothing out of a layer: where a directory is not merged with one below, the kernel lists the devices as if they
/// were files. That is so in opaque directories and in those that no lower layer has.
/// </summary>
/// <param name="diffPath">The layer's own tree.</param>
/// <param name="lowers">The trees below.</param>
internal sealed class RedundantWhiteouts(string diffPath, IReadOnlyList<string> lowers)
{
    private const int DirectoryFlags = Libc.OpenReadOnly;

    /// <summary>Removes those of some whiteouts that hide nothing.</summary>
    /// <param name="whiteouts">Their paths in the layer.</param>
    internal void Remove(IEnumerable<byte[]> whiteouts)
    {
        using var diff = FileDescriptor.OpenDirectory(diffPath);
        byte[]? known = null;
        bool isMerged = false;
        foreach (byte[] whiteout in whiteouts)
        {
            int slash = whiteout.AsSpan().LastIndexOf((byte)'/');
            if (slash < 0)
                continue; // the root is always merged
            var directory = whiteout.AsSpan(0, slash);
            if (known is null || !directory.SequenceEqual(known))
            {
                known = directory.ToArray();
                isMerged = IsMerged(diff, known);
            }
            if (!isMerged)
                Remove(diff, known, CString.From(whiteout.AsSpan(slash + 1)));
        }
    }

    private bool IsMerged(FileDescriptor diff, byte[] directory)
    {
        for (int end = 0; end < directory.Length; end++)
        {
            int slash = directory.AsSpan(end).IndexOf((byte)'/');
            end = slash < 0 ? directory.Length : end + slash;
            using var own = diff.TryOpenBeneath(CString.From(directory.AsSpan(0, end)), DirectoryFlags | Libc.OpenDirectory, out _);
            if (own is null)
                return true; // a name through a symbolic link: better a whiteout too many
            if (OverlayWhiteouts.IsOpaque(CString.OfDescriptor(own.Value)))
                return false;
        }
        byte[] path = CString.From(directory);
        foreach (string lower in lowers)
        {
            using var root = FileDescriptor.OpenPath(lower);
            using var below = root.TryOpenBeneath(path, Libc.OpenPath | Libc.OpenDirectory, out _);
            if (below is not null)
                return true;
        }
        return false;
    }

    private void Remove(FileDescriptor diff, byte[] directory, byte[] name)
    {
        using var parent = diff.TryOpenBeneath(CString.From(directory), DirectoryFlags | Libc.OpenDirectory, out _);
        if (parent is null
            || Libc.Statx(parent.Value, name, Libc.AtSymlinkNoFollow, out var data) != 0 || !data.IsWhiteout
            || Libc.Statx(parent.Value, CString.Empty, Libc.AtEmptyPath, out var attributes) != 0)
            return;
        if (Libc.UnlinkAt(parent.Value, name, 0) != 0 || InodeCopy.SetTimes(parent, attributes) != 0)
            throw TreeErrors.Fail(Errno.Last, "delete the whiteout", diffPath, TreePath.Join(directory, name.AsSpan(0, name.Length - 1)));
    }
}
