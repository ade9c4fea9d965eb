using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Unpacking;

namespace OciImages.Layers.Internal.Trees;

/// <summary>
/// Merges the tree of a diff, with whiteouts in marker form, into the copy of its parent's tree. Everything is moved, nothing copied.
/// OCI image specification, "Layer", section "Applying Changesets".
/// </summary>
/// <remarks>
/// A directory over a directory gives it its attributes and keeps its content; anything else replaces what is there. A directory
/// that the diff has no member for (<paramref name="implied"/>) leaves the parent's attributes alone, times included.
/// </remarks>
/// <param name="diffPath">The diff's tree, which is used up.</param>
/// <param name="treePath">The tree to change.</param>
/// <param name="implied">The directories of the diff that have no member.</param>
/// <param name="gone">Is told which paths of the old tree went; null when nobody asks.</param>
internal sealed class TreeMerger(string diffPath, string treePath, HashSet<byte[]> implied, PathSet? gone)
{
    internal void Merge(CancellationToken cancellationToken)
    {
        using var diff = FileDescriptor.OpenDirectory(diffPath);
        using var tree = FileDescriptor.OpenDirectory(treePath);
        MergeDirectory(diff, tree, [], 0, cancellationToken);
    }

    private void MergeDirectory(FileDescriptor diff, FileDescriptor tree, byte[] path, int depth, CancellationToken cancellationToken)
    {
        TreeErrors.CheckDepth(depth, diffPath);
        bool isImplied = implied.Contains(path);
        var attributesFrom = isImplied ? tree : diff;
        TreeErrors.Check(Libc.Statx(attributesFrom.Value, CString.Empty, Libc.AtEmptyPath, out var attributes), "read the attributes", treePath, path);
        var entries = DirectoryEntries.ReadAll(diff, diffPath);
        ApplyWhiteouts(entries, diff, tree, path, cancellationToken);
        foreach (var entry in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (entry.Name.Length == 0)
                continue; // was a whiteout
            byte[] child = TreePath.Join(path, entry.Bytes);
            if (entry.Type == DirectoryEntries.TypeDirectory)
                PlaceDirectory(diff, tree, entry.Name, child, depth, cancellationToken);
            else
                PlaceOther(diff, tree, entry.Name, child, cancellationToken);
        }
        int errno = isImplied
            ? InodeCopy.SetTimes(tree, attributes) == 0 ? 0 : Errno.Last
            : InodeCopy.CopyAttributes(diff, attributes, tree, clear: true);
        if (errno != 0)
            throw TreeErrors.Fail(errno, "set the attributes", treePath, path);
    }

    // All whiteouts come first: they hide what is below, never what the layer itself brings. They are taken out of the list.
    private void ApplyWhiteouts(
        List<DirectoryEntry> entries, FileDescriptor diff, FileDescriptor tree, byte[] path, CancellationToken cancellationToken)
    {
        for (int i = 0; i < entries.Count; i++)
        {
            entries[i] = WithType(entries[i], diff, path);
            var entry = entries[i];
            if (!IsMarker(entry))
                continue;
            entries[i] = default(DirectoryEntry) with { Name = [] };
            if (entry.Name.AsSpan().SequenceEqual(WhiteoutNames.Opaque))
            {
                TreeRemover.Clear(tree, treePath, cancellationToken);
                gone?.AddContent(path);
                continue;
            }
            byte[] hidden = entry.Name[WhiteoutNames.Prefix.Length..];
            TreeRemover.Remove(tree, hidden, treePath, cancellationToken);
            gone?.AddTree(TreePath.Join(path, hidden.AsSpan(0, hidden.Length - 1)));
        }
    }

    private void PlaceDirectory(
        FileDescriptor diff, FileDescriptor tree, byte[] name, byte[] path, int depth, CancellationToken cancellationToken)
    {
        bool exists = Libc.Statx(tree.Value, name, Libc.AtSymlinkNoFollow, out var existing) == 0;
        if (exists && existing.IsDirectory)
        {
            using var from = OpenChild(diff, name, diffPath, path);
            using var to = OpenChild(tree, name, treePath, path);
            MergeDirectory(from, to, path, depth + 1, cancellationToken);
            return;
        }
        if (exists)
        {
            TreeRemover.Remove(tree, name, treePath, cancellationToken);
            gone?.AddTree(path);
        }
        using (var moved = OpenChild(diff, name, diffPath, path))
            StripMarkers(moved, path, depth + 1, cancellationToken);
        TreeErrors.Check(Libc.RenameAt(diff.Value, name, tree.Value, name), "move the directory", treePath, path);
    }

    private void PlaceOther(FileDescriptor diff, FileDescriptor tree, byte[] name, byte[] path, CancellationToken cancellationToken)
    {
        gone?.AddTree(path);
        if (Libc.RenameAt(diff.Value, name, tree.Value, name) == 0)
            return;
        if (Errno.Last is not (Errno.IsDirectory or Errno.NotEmpty or Errno.Exists))
            throw TreeErrors.Fail(Errno.Last, "move the file", treePath, path);
        TreeRemover.Remove(tree, name, treePath, cancellationToken);
        TreeErrors.Check(Libc.RenameAt(diff.Value, name, tree.Value, name), "move the file", treePath, path);
    }

    // Markers in a directory that moves as a whole hide nothing.
    private void StripMarkers(FileDescriptor directory, byte[] path, int depth, CancellationToken cancellationToken)
    {
        TreeErrors.CheckDepth(depth, diffPath);
        cancellationToken.ThrowIfCancellationRequested();
        bool stripped = false;
        TreeErrors.Check(Libc.Statx(directory.Value, CString.Empty, Libc.AtEmptyPath, out var attributes), "read the attributes", diffPath, path);
        foreach (var listed in DirectoryEntries.ReadAll(directory, diffPath))
        {
            var entry = WithType(listed, directory, path);
            if (IsMarker(entry))
            {
                TreeErrors.Check(Libc.UnlinkAt(directory.Value, entry.Name, 0), "delete the whiteout", diffPath, path);
                stripped = true;
            }
            else if (entry.Type == DirectoryEntries.TypeDirectory)
            {
                byte[] child = TreePath.Join(path, entry.Bytes);
                using var below = OpenChild(directory, entry.Name, diffPath, child);
                StripMarkers(below, child, depth + 1, cancellationToken);
            }
        }
        if (stripped)
            TreeErrors.Check(InodeCopy.SetTimes(directory, attributes), "set the times", diffPath, path);
    }

    // Only files are markers: aufs had directories of such names.
    private static bool IsMarker(DirectoryEntry entry) =>
        entry.Type != DirectoryEntries.TypeDirectory && entry.Bytes.StartsWith(WhiteoutNames.Prefix);

    private DirectoryEntry WithType(DirectoryEntry entry, FileDescriptor directory, byte[] path)
    {
        if (entry.Type != DirectoryEntries.TypeUnknown)
            return entry;
        TreeErrors.Check(Libc.Statx(directory.Value, entry.Name, Libc.AtSymlinkNoFollow, out var data), "read the attributes", diffPath, path);
        return entry with { Type = (byte)(data.Type >> 12) };
    }

    private static FileDescriptor OpenChild(FileDescriptor parent, byte[] name, string root, byte[] path) =>
        parent.TryOpenChild(name, out int errno) ?? throw TreeErrors.Fail(errno, "open the directory", root, path);
}
