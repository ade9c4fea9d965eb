using System.Globalization;

namespace OciImages.RegistryServer.Internal;

/// <summary>A part of some content: RFC 9110, section 14.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Length">How many bytes it has; more than zero.</param>
internal readonly record struct ByteRange(long Start, long Length)
{
    private const string Unit = "bytes=";

    internal long End => Start + Length - 1;

    /// <summary>Reads a <c>Range</c> header.</summary>
    /// <param name="header">The header.</param>
    /// <param name="size">The size of the content.</param>
    /// <param name="range">The part.</param>
    /// <returns>
    /// True for a part; false for one that is malformed or outside (416); null when the header is to be ignored: there is none, it has
    /// another unit, or several ranges, which a server may answer with the whole.
    /// </returns>
    internal static bool? TryParse(string header, long size, out ByteRange range)
    {
        range = default;
        if (!header.StartsWith(Unit, StringComparison.OrdinalIgnoreCase) || header.Contains(',', StringComparison.Ordinal))
            return null;
        var text = header.AsSpan(Unit.Length).Trim();
        int dash = text.IndexOf('-');
        if (dash < 0)
            return false;
        var first = text[..dash].Trim();
        var last = text[(dash + 1)..].Trim();
        if (first.IsEmpty)
        {
            if (!TryNumber(last, out long suffix) || suffix == 0 || size == 0)
                return false;
            range = new ByteRange(Math.Max(0, size - suffix), Math.Min(suffix, size));
            return true;
        }
        long end = long.MaxValue;
        if (!TryNumber(first, out long start) || (!last.IsEmpty && !TryNumber(last, out end)) || end < start || start >= size)
            return false;
        range = new ByteRange(start, Math.Min(end, size - 1) - start + 1);
        return true;
    }

    /// <summary>Reads the <c>Content-Range</c> of a chunk, which is <c>FIRST-LAST</c> and nothing else: "Pushing a blob in chunks".</summary>
    internal static bool TryParseChunk(string header, out ByteRange range)
    {
        range = default;
        int dash = header.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0
            || !TryNumber(header.AsSpan(0, dash), out long start)
            || !TryNumber(header.AsSpan(dash + 1), out long end)
            || end < start || end == long.MaxValue)
        {
            return false;
        }
        range = new ByteRange(start, end - start + 1);
        return true;
    }

    // A number beyond 64 bits lies behind every end.
    private static bool TryNumber(ReadOnlySpan<char> text, out long number)
    {
        number = long.MaxValue;
        return !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9')
            && (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) || (number = long.MaxValue) > 0);
    }
}
