using System.Text;

namespace OciImages.Layers.Tar;

/// <summary>
/// The records of one PAX extended header, as ranges of its data. POSIX.1-2017 "pax", section "pax Extended Header"; GNU tar manual,
/// "Storing Sparse Files". The last record of a keyword counts; one with an empty value takes back those before it.
/// </summary>
internal sealed class PaxRecords
{
    private readonly List<(Range Key, Range Value)> _attributes = [];
    private readonly List<(Range Offset, Range Length)> _sparse = [];
    private Range _pendingOffset;
    private bool _hasPendingOffset;
    private byte[] _data = [];
    private Range _path, _linkPath, _userName, _groupName, _size, _userId, _groupId, _modified, _accessed, _changed;
    private Range _sparseName, _sparseMajor, _sparseMinor, _sparseMap, _sparseBlocks, _sparseSize, _sparseRealSize;

    public ReadOnlySpan<byte> Path => _data.AsSpan(_path);

    public ReadOnlySpan<byte> LinkPath => _data.AsSpan(_linkPath);

    public ReadOnlySpan<byte> UserName => _data.AsSpan(_userName);

    public ReadOnlySpan<byte> GroupName => _data.AsSpan(_groupName);

    public ReadOnlySpan<byte> Size => _data.AsSpan(_size);

    public ReadOnlySpan<byte> UserId => _data.AsSpan(_userId);

    public ReadOnlySpan<byte> GroupId => _data.AsSpan(_groupId);

    public ReadOnlySpan<byte> ModificationTime => _data.AsSpan(_modified);

    public ReadOnlySpan<byte> AccessTime => _data.AsSpan(_accessed);

    public ReadOnlySpan<byte> ChangeTime => _data.AsSpan(_changed);

    public ReadOnlySpan<byte> SparseName => _data.AsSpan(_sparseName);

    /// <summary>Whether the member is a sparse file in one of the formats 0.0, 0.1 and 1.0; the first two need not say which.</summary>
    public bool HasSparseMap => HasSparseText || (IsSparseFormat("0"u8, "0"u8) || IsSparseFormat("0"u8, "1"u8)
        || IsSparseFormat(""u8, ""u8) && (_sparse.Count > 0 || !SparseMap.IsEmpty));

    /// <summary>Whether the map stands before the content, which is format 1.0.</summary>
    public bool HasSparseText => IsSparseFormat("1"u8, "0"u8);

    /// <summary>The map of format 0.1: offsets and lengths in turn, separated by commas.</summary>
    public ReadOnlySpan<byte> SparseMap => _data.AsSpan(_sparseMap);

    public ReadOnlySpan<byte> SparseBlocks => _data.AsSpan(_sparseBlocks);

    /// <summary>The size of the unpacked file, which has another name in each sparse format.</summary>
    public ReadOnlySpan<byte> SparseSize => _data.AsSpan(_sparseSize) is { IsEmpty: false } size ? size : _data.AsSpan(_sparseRealSize);

    /// <summary>How many runs a map of format 0.0 has, where each offset and each length is a record of its own.</summary>
    public int SparsePairs => _sparse.Count;

    /// <summary>How many bytes the names and values of extended attributes take.</summary>
    public int AttributesSize { get; private set; }

    public ReadOnlySpan<byte> SparsePairOffset(int index) => _data.AsSpan(_sparse[index].Offset);

    public ReadOnlySpan<byte> SparsePairLength(int index) => _data.AsSpan(_sparse[index].Length);

    public void Clear()
    {
        _attributes.Clear();
        _sparse.Clear();
        _hasPendingOffset = false;
        AttributesSize = 0;
        _path = _linkPath = _userName = _groupName = _size = _userId = _groupId = _modified = _accessed = _changed = default;
        _sparseName = _sparseMajor = _sparseMinor = _sparseMap = _sparseBlocks = _sparseSize = _sparseRealSize = default;
    }

    /// <summary>Replaces all records by those of a header; null when it is well-formed, else what is wrong.</summary>
    /// <param name="data">The data of the header; exchanged for a buffer that is free.</param>
    /// <param name="length">How many bytes of it count.</param>
    public string? Parse(ref byte[] data, int length)
    {
        Clear();
        (_data, data) = (data, _data);
        for (int start = 0; start < length;)
        {
            if (!TryFindRecord(_data.AsSpan(start, length - start), out int keyStart, out int equals, out int recordLength))
                return "the PAX header holds a record that is not \"length keyword=value\" and a newline";
            var value = new Range(start + equals + 1, start + recordLength - 1);
            if (Set(new Range(start + keyStart, start + equals), value) is { } problem)
                return problem;
            start += recordLength;
        }
        if (_hasPendingOffset)
            return "the PAX header has an odd number of sparse offsets and lengths";
        return null;
    }

    /// <summary>The extended attributes in archive order, each once, without those that have no value.</summary>
    public IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> CopyAttributes()
    {
        if (_attributes.Count == 0)
            return [];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var result = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>(_attributes.Count);
        for (int i = _attributes.Count - 1; i >= 0; i--)
        {
            string name = Encoding.UTF8.GetString(_data.AsSpan(_attributes[i].Key));
            ReadOnlySpan<byte> value = _data.AsSpan(_attributes[i].Value);
            if (seen.Add(name) && !value.IsEmpty)
                result.Add(new(name, value.ToArray()));
        }
        result.Reverse();
        return result;
    }

    private bool IsSparseFormat(ReadOnlySpan<byte> major, ReadOnlySpan<byte> minor) =>
        _data.AsSpan(_sparseMajor).SequenceEqual(major) && _data.AsSpan(_sparseMinor).SequenceEqual(minor);

    private static bool TryFindRecord(ReadOnlySpan<byte> data, out int keyStart, out int equals, out int length)
    {
        (equals, length) = (0, 0);
        int space = data.IndexOf((byte)' ');
        keyStart = space + 1;
        if (space <= 0 || !TarNumber.TryParseDecimal(data[..space], out long count) || count < 5 || count > data.Length)
            return false;
        length = (int)count;
        if (length <= keyStart || data[length - 1] != '\n')
            return false;
        int index = data[keyStart..(length - 1)].IndexOf((byte)'=');
        equals = keyStart + index;
        return index > 0;
    }

    private string? Set(Range keyRange, Range value)
    {
        ReadOnlySpan<byte> key = _data.AsSpan(keyRange);
        if (key.StartsWith("SCHILY.xattr."u8))
            return AddAttribute(new Range(keyRange.Start.Value + "SCHILY.xattr.".Length, keyRange.End), value);
        if (key.StartsWith("GNU.sparse."u8))
            return SetSparse(key["GNU.sparse.".Length..], value);
        if (key.Contains((byte)0))
            return "a keyword of the PAX header holds a NUL";
        if (key.SequenceEqual("path"u8))
            return SetText(ref _path, value);
        if (key.SequenceEqual("linkpath"u8))
            return SetText(ref _linkPath, value);
        if (key.SequenceEqual("uname"u8))
            return SetText(ref _userName, value);
        if (key.SequenceEqual("gname"u8))
            return SetText(ref _groupName, value);
        if (key.SequenceEqual("size"u8))
            _size = value;
        else if (key.SequenceEqual("uid"u8))
            _userId = value;
        else if (key.SequenceEqual("gid"u8))
            _groupId = value;
        else if (key.SequenceEqual("mtime"u8))
            _modified = value;
        else if (key.SequenceEqual("atime"u8))
            _accessed = value;
        else if (key.SequenceEqual("ctime"u8))
            _changed = value;
        // Everything else changes nothing here: names are bytes whatever hdrcharset says, and Docker knows nothing of SCHILY.realsize.
        return null;
    }

    private string? SetSparse(ReadOnlySpan<byte> key, Range value)
    {
        if (key.SequenceEqual("offset"u8) || key.SequenceEqual("numbytes"u8))
        {
            if (_hasPendingOffset == (key[0] == 'o'))
                return "the sparse offsets and lengths of the PAX header do not come in turn";
            if (_hasPendingOffset)
                _sparse.Add((_pendingOffset, value));
            else
                _pendingOffset = value;
            _hasPendingOffset = !_hasPendingOffset;
            return null;
        }
        if (key.SequenceEqual("name"u8))
            return SetText(ref _sparseName, value);
        if (key.SequenceEqual("major"u8))
            _sparseMajor = value;
        else if (key.SequenceEqual("minor"u8))
            _sparseMinor = value;
        else if (key.SequenceEqual("map"u8))
            _sparseMap = value;
        else if (key.SequenceEqual("numblocks"u8))
            _sparseBlocks = value;
        else if (key.SequenceEqual("size"u8))
            _sparseSize = value;
        else if (key.SequenceEqual("realsize"u8))
            _sparseRealSize = value;
        return key.Contains((byte)0) ? "a keyword of the PAX header holds a NUL" : null;
    }

    private string? SetText(ref Range field, Range value)
    {
        field = value;
        return _data.AsSpan(value).Contains((byte)0) ? "a name in the PAX header holds a NUL" : null;
    }

    private string? AddAttribute(Range key, Range value)
    {
        if (_data.AsSpan(key).Contains((byte)0))
            return "a keyword of the PAX header holds a NUL";
        _attributes.Add((key, value));
        AttributesSize += value.End.Value - key.Start.Value;
        return null;
    }
}
