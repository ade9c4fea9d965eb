using System.Buffers;
using System.Buffers.Binary;
using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Trees;

namespace OciImages.Layers.Internal.Diff;

/// <summary>The names in a directory in the order of their bytes, packed: a directory of a million files is two arrays, not a million.</summary>
internal sealed class NameList
{
    private const int MaxBytes = 1 << 30;

    private byte[] _bytes = [];
    private int[] _starts = [];
    private int _length;

    private NameList()
    {
    }

    internal int Count { get; private set; }

    /// <summary>A name, ending with NUL.</summary>
    internal ReadOnlySpan<byte> this[int index]
    {
        get
        {
            var rest = _bytes.AsSpan(_starts[index]);
            return rest[..(rest.IndexOf((byte)0) + 1)];
        }
    }

    /// <summary>Reads a directory that was just opened.</summary>
    internal static NameList Read(FileDescriptor directory, string root, ReadOnlySpan<byte> path)
    {
        var list = new NameList();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(32 * 1024);
        try
        {
            while (true)
            {
                int read = Libc.GetDirectoryEntries(directory.Value, buffer);
                TreeErrors.Check(read, "read the directory", root, path);
                if (read == 0)
                    break;
                list.Add(buffer.AsSpan(0, read), root, path);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        list.Sort();
        return list;
    }

    // struct linux_dirent64: u64 inode, s64 offset, u16 record length, u8 type, name with NUL and padding.
    private void Add(ReadOnlySpan<byte> records, string root, ReadOnlySpan<byte> path)
    {
        for (; records.Length > 0; records = records[BinaryPrimitives.ReadUInt16LittleEndian(records[16..])..])
        {
            var name = records[19..];
            name = name[..(name.IndexOf((byte)0) + 1)];
            if (name.SequenceEqual(".\0"u8) || name.SequenceEqual("..\0"u8))
                continue;
            if (_length > MaxBytes - name.Length)
                throw new OciException(OciErrorKind.Unsupported, $"The directory {root}/{CString.ToDisplay(path)} has too many names.");
            if (_length + name.Length > _bytes.Length)
                Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, 1024));
            if (Count == _starts.Length)
                Array.Resize(ref _starts, Math.Max(2 * _starts.Length, 16));
            name.CopyTo(_bytes.AsSpan(_length));
            _starts[Count++] = _length;
            _length += name.Length;
        }
    }

    private void Sort()
    {
        _starts.AsSpan(0, Count).Sort((a, b) => Compare(_bytes.AsSpan(a), _bytes.AsSpan(b)));
        // A file that is renamed while the directory is read may be listed twice.
        int kept = Math.Min(Count, 1);
        for (int i = 1; i < Count; i++)
        {
            if (!this[i].SequenceEqual(this[kept - 1]))
                _starts[kept++] = _starts[i];
        }
        Count = kept;
    }

    private static int Compare(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) =>
        a[..a.IndexOf((byte)0)].SequenceCompareTo(b[..b.IndexOf((byte)0)]);
}
