namespace OciImages.Layers.Internal.Trees;

/// <summary>Remembers which paths of a tree a merge took away.</summary>
internal sealed class PathSet
{
    private readonly HashSet<byte[]> _paths = new(ByteComparer.Instance);
    private readonly HashSet<byte[]> _cleared = new(ByteComparer.Instance);

    /// <summary>Adds a path and all below it.</summary>
    internal void AddTree(byte[] path) => _paths.Add(path);

    /// <summary>Adds all below a directory, but not the directory.</summary>
    internal void AddContent(byte[] directory) => _cleared.Add(directory);

    /// <summary>Whether a path was added, or lies below one that was.</summary>
    internal bool Covers(ReadOnlySpan<byte> path)
    {
        var paths = _paths.GetAlternateLookup<ReadOnlySpan<byte>>();
        var cleared = _cleared.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (paths.Contains(path))
            return true;
        for (int end = path.LastIndexOf((byte)'/'); end >= 0; end = path[..end].LastIndexOf((byte)'/'))
        {
            if (paths.Contains(path[..end]) || cleared.Contains(path[..end]))
                return true;
        }
        return path.Length > 0 && cleared.Contains([]);
    }
}
