namespace OciImages.Layers.TarSplit;

/// <summary>Go's <c>path.Clean</c> on bytes: the shortest name that is lexically the same.</summary>
internal static class TarPath
{
    /// <summary>Cleans a name.</summary>
    /// <param name="name">The name, of any bytes.</param>
    /// <param name="destination">Where the result goes; one byte longer than the name, as the result of an empty name is ".".</param>
    /// <returns>How many bytes the result has.</returns>
    public static int Clean(ReadOnlySpan<byte> name, Span<byte> destination)
    {
        bool rooted = name.StartsWith("/"u8);
        int length = 0;
        if (rooted)
            destination[length++] = (byte)'/';
        // What ".." must not take away: the root, or a leading "..".
        int floor = length;
        while (!name.IsEmpty)
        {
            int slash = name.IndexOf((byte)'/');
            ReadOnlySpan<byte> part = slash < 0 ? name : name[..slash];
            name = slash < 0 ? default : name[(slash + 1)..];
            if (part.IsEmpty || part.SequenceEqual("."u8))
                continue;
            bool up = part.SequenceEqual(".."u8);
            if (up && length > floor)
            {
                int last = destination[floor..length].LastIndexOf((byte)'/');
                length = last < 0 ? floor : floor + last;
                continue;
            }
            if (up && rooted)
                continue;
            if (length > (rooted ? 1 : 0))
                destination[length++] = (byte)'/';
            part.CopyTo(destination[length..]);
            length += part.Length;
            if (up)
                floor = length;
        }
        if (length == 0)
            destination[length++] = (byte)'.';
        return length;
    }
}
