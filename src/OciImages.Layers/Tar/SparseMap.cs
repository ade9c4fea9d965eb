namespace OciImages.Layers.Tar;

/// <summary>
/// Collects the map of a sparse file from the four forms in which GNU tar writes it: fields of headers (type <c>S</c>), PAX records
/// (0.0 and 0.1), and lines of text before the content (1.0). GNU tar manual, "Storing Sparse Files".
/// </summary>
internal sealed class SparseMap(int maxSegments)
{
    private const int FieldSize = 12;

    // The longest line is a number of 19 digits; anything longer is not one.
    private readonly byte[] _line = new byte[32];
    private readonly List<TarSparseSegment> _segments = [];
    private int _lineLength;
    private long _announced;
    private long _pendingOffset;

    /// <summary>Whether the map stands in the content (1.0) and has not ended yet.</summary>
    public bool IsReadingText { get; private set; }

    /// <summary>How many bytes the archive holds for all runs together.</summary>
    public long StoredSize { get; private set; }

    public void Clear()
    {
        _segments.Clear();
        (_lineLength, _announced, _pendingOffset, StoredSize, IsReadingText) = (0, 0, 0, 0, false);
    }

    public void BeginText()
    {
        Clear();
        (_announced, IsReadingText) = (-1, true);
    }

    /// <summary>Reads pairs of 12-byte fields up to the first empty one; null when they are well-formed.</summary>
    public string? AddFields(ReadOnlySpan<byte> fields)
    {
        for (; fields.Length >= 2 * FieldSize && fields[0] != 0; fields = fields[(2 * FieldSize)..])
        {
            if (!TarNumber.TryParse(fields[..FieldSize], out long offset)
                || !TarNumber.TryParse(fields.Slice(FieldSize, FieldSize), out long length))
                return "an entry of the sparse map is no number";
            if (Add(offset, length) is { } problem)
                return problem;
        }
        return null;
    }

    /// <summary>Reads the map of PAX records in format 0.0 or 0.1; null when it is well-formed.</summary>
    public string? AddRecords(PaxRecords records)
    {
        if (!TarNumber.TryParseDecimal(records.SparseBlocks, out long count) || count < 0)
            return "GNU.sparse.numblocks is no count";
        for (int i = 0; i < records.SparsePairs; i++)
        {
            if (AddPair(records.SparsePairOffset(i), records.SparsePairLength(i)) is { } problem)
                return problem;
        }
        ReadOnlySpan<byte> map = records.SparsePairs == 0 ? records.SparseMap : default;
        if (!map.IsEmpty && map.Count((byte)',') % 2 == 0)
            return "GNU.sparse.map has an odd number of offsets and lengths";
        while (!map.IsEmpty)
        {
            if (AddPair(NextField(ref map), NextField(ref map)) is { } problem)
                return problem;
        }
        return _segments.Count == count ? null : "the sparse map does not have as many entries as GNU.sparse.numblocks says";
    }

    /// <summary>Reads one block of a map in format 1.0; null when it is well-formed so far.</summary>
    public string? AddText(ReadOnlySpan<byte> block)
    {
        foreach (byte value in block)
        {
            if (!IsReadingText)
                break;
            if (value == '\n')
            {
                if (EndLine() is { } problem)
                    return problem;
            }
            else if (_lineLength < _line.Length)
            {
                _line[_lineLength++] = value;
            }
            else
            {
                return "a line of the sparse map is no number";
            }
        }
        return null;
    }

    /// <summary>Checks the finished map against the size of the unpacked file; null when the runs are in order and inside.</summary>
    public string? Check(long size)
    {
        long end = 0;
        StoredSize = 0;
        foreach (TarSparseSegment segment in _segments)
        {
            if (segment.Offset < end || segment.Length < 0 || segment.Length > size || segment.Offset > size - segment.Length)
                return "the runs of the sparse map overlap or lie outside of the file";
            end = segment.Offset + segment.Length;
            StoredSize += segment.Length;
        }
        return size < 0 ? "the size of the sparse file is negative" : null;
    }

    /// <summary>The runs that have bytes; tars mark the end of a file that ends in a hole by an empty one.</summary>
    public TarSparseSegment[] ToArray() => [.. _segments.Where(segment => segment.Length > 0)];

    private static ReadOnlySpan<byte> NextField(ref ReadOnlySpan<byte> map)
    {
        int comma = map.IndexOf((byte)',');
        ReadOnlySpan<byte> field = comma < 0 ? map : map[..comma];
        map = comma < 0 ? default : map[(comma + 1)..];
        return field;
    }

    private string? EndLine()
    {
        if (!TarNumber.TryParseDecimal(_line.AsSpan(0, _lineLength), out long number))
            return "a line of the sparse map is no number";
        _lineLength = 0;
        if (_announced < 0)
        {
            if (number < 0 || number > maxSegments)
                return "the sparse map has too many entries, or a negative number of them";
            _announced = 2 * number;
        }
        else if (_announced % 2 == 0)
        {
            _pendingOffset = number;
            _announced--;
        }
        else
        {
            if (Add(_pendingOffset, number) is { } problem)
                return problem;
            _announced--;
        }
        IsReadingText = _announced > 0;
        return null;
    }

    private string? AddPair(ReadOnlySpan<byte> offsetText, ReadOnlySpan<byte> lengthText) =>
        TarNumber.TryParseDecimal(offsetText, out long offset) && TarNumber.TryParseDecimal(lengthText, out long length)
            ? Add(offset, length)
            : "an entry of the sparse map is no number";

    private string? Add(long offset, long length)
    {
        if (_segments.Count >= maxSegments)
            return $"the sparse map has more than {maxSegments} entries";
        _segments.Add(new TarSparseSegment(offset, length));
        return null;
    }
}
