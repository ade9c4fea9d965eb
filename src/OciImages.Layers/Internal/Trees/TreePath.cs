namespace OciImages.Layers.Internal.Trees;

/// <summary>Paths below the root of a tree: bytes, without leading slash; the root's is empty.</summary>
internal static class TreePath
{
    internal static byte[] Join(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name)
    {
        if (directory.Length == 0)
            return name.ToArray();
        byte[] path = new byte[directory.Length + 1 + name.Length];
        directory.CopyTo(path);
        path[directory.Length] = (byte)'/';
        name.CopyTo(path.AsSpan(directory.Length + 1));
        return path;
    }
}
