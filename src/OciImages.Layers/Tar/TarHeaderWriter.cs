using System.Globalization;
using System.Text;

namespace OciImages.Layers.Tar;

/// <summary>
/// Makes the header blocks of members: ustar where everything fits, else a PAX header before it. Byte for byte what Go's archive/tar
/// makes, and so Docker. POSIX.1-2017 "pax", sections "ustar Interchange Format" and "pax Extended Header".
/// </summary>
/// <remarks>Nothing of the machine goes in: no process number, clock, locale or user database.</remarks>
internal sealed class TarHeaderWriter(bool subSecondTimes)
{
    private const int NameSize = 100;
    private const int PrefixSize = 155;
    private const int OwnerSize = 32;

    // What Go and our reader take.
    private const int MaxPaxSize = 1 << 20;

    private readonly PaxRecordList _pax = new();
    private byte[] _blocks = new byte[TarHeader.BlockSize];

    /// <summary>The headers of a member.</summary>
    /// <returns>Whole blocks; valid until the next call.</returns>
    /// <exception cref="OciException">The entry cannot be written.</exception>
    public ReadOnlyMemory<byte> Write(TarEntry entry)
    {
        byte type = TypeFlag(entry);
        ReadOnlyMemory<byte> name = Name(entry);
        ReadOnlyMemory<byte> link = LinkName(entry);
        TarTime time = subSecondTimes ? entry.ModificationTime : new TarTime(entry.ModificationTime.Seconds);
        Check(entry, time);
        byte[] user = Encoding.UTF8.GetBytes(entry.UserName), group = Encoding.UTF8.GetBytes(entry.GroupName);

        _pax.Clear();
        bool split = TrySplit(name.Span, out int slash);
        AddText("path", name, NameSize);
        // A prefix may save the name, but only where no PAX header is needed anyway.
        bool nameFits = _pax.Count == 0 || split;
        int whyPax = _pax.Count;
        AddText("linkpath", link, NameSize);
        AddText("uname", user, OwnerSize);
        AddText("gname", group, OwnerSize);
        AddNumber("uid", entry.UserId, 8);
        AddNumber("gid", entry.GroupId, 8);
        AddNumber("size", entry.Size, 12);
        if (!FitsOctal(time.Seconds, 12) || time.Nanoseconds != 0)
            _pax.Add("mtime", time);
        AddAttributes(entry);
        bool isPax = !nameFits || _pax.Count > whyPax;

        int length = isPax ? WritePax(name.Span, entry) : 0;
        Resize(length + TarHeader.BlockSize);
        Span<byte> block = _blocks.AsSpan(length, TarHeader.BlockSize);
        block.Clear();
        PutText(block[..NameSize], split && !isPax ? name.Span[(slash + 1)..] : Ascii(name.Span));
        if (split && !isPax)
            PutText(block.Slice(TarHeader.PrefixOffset, PrefixSize), name.Span[..slash]);
        PutNumbers(block, entry.Mode, entry.UserId, entry.GroupId, entry.Size, time.Seconds);
        PutText(block.Slice(157, NameSize), Ascii(link.Span));
        PutText(block.Slice(265, OwnerSize), Ascii(user));
        PutText(block.Slice(297, OwnerSize), Ascii(group));
        PutOctal(block.Slice(329, 8), entry.DeviceMajor);
        PutOctal(block.Slice(337, 8), entry.DeviceMinor);
        Finish(block, type);
        return _blocks.AsMemory(0, length + TarHeader.BlockSize);
    }

    private static byte TypeFlag(TarEntry entry) => entry.Type switch
    {
        TarEntryType.File => (byte)'0',
        TarEntryType.HardLink => (byte)'1',
        TarEntryType.SymbolicLink => (byte)'2',
        TarEntryType.CharacterDevice => (byte)'3',
        TarEntryType.BlockDevice => (byte)'4',
        TarEntryType.Directory => (byte)'5',
        TarEntryType.Fifo => (byte)'6',
        _ => throw new OciException(OciErrorKind.Unsupported, $"Cannot write the tar member {TarError.Quote(entry.Name.Span)}: its type is {entry.Type}."),
    };

    private static ReadOnlyMemory<byte> Name(TarEntry entry)
    {
        ReadOnlyMemory<byte> name = entry.Name;
        if (name.IsEmpty || name.Span.Contains((byte)0))
            throw Refuse(entry, "its name is empty or holds a NUL");
        return entry.Type == TarEntryType.Directory && name.Span[^1] != '/' ? (byte[])[.. name.Span, (byte)'/'] : name;
    }

    private static ReadOnlyMemory<byte> LinkName(TarEntry entry)
    {
        if (entry.Type is not (TarEntryType.HardLink or TarEntryType.SymbolicLink))
            return default;
        return entry.LinkName.IsEmpty || entry.LinkName.Span.Contains((byte)0)
            ? throw Refuse(entry, "the target of the link is empty or holds a NUL")
            : entry.LinkName;
    }

    private static void Check(TarEntry entry, TarTime time)
    {
        if (entry.Size < 0 || entry.Size > 0 && entry.Type != TarEntryType.File)
            throw Refuse(entry, "its size is negative, or it is no file and has one");
        if (entry.SparseMap is not null)
            throw Refuse(entry, "sparse files are written with their holes as zeros, without a map");
        if (entry.UserName.Contains('\0', StringComparison.Ordinal) || entry.GroupName.Contains('\0', StringComparison.Ordinal))
            throw Refuse(entry, "the name of its owner or group holds a NUL");
        if (!FitsOctal(entry.Mode, 8) || !FitsOctal(entry.DeviceMajor, 8) || !FitsOctal(entry.DeviceMinor, 8))
            throw Refuse(entry, "its mode or device number does not fit into 21 bits");
        if (time.Nanoseconds is < 0 or > 999_999_999)
            throw Refuse(entry, "the nanoseconds of its time are not between 0 and 999,999,999");
    }

    private static OciException Refuse(TarEntry entry, string why) =>
        new(OciErrorKind.InvalidInput, $"Cannot write the tar member {TarError.Quote(entry.Name.Span)}: {why}.");

    private void AddText(string key, ReadOnlyMemory<byte> text, int fieldSize)
    {
        if (text.Length > fieldSize || !System.Text.Ascii.IsValid(text.Span))
            _pax.Add(key, text);
    }

    private void AddNumber(string key, long number, int fieldSize)
    {
        if (!FitsOctal(number, fieldSize))
            _pax.Add(key, number);
    }

    private void AddAttributes(TarEntry entry)
    {
        foreach ((string name, ReadOnlyMemory<byte> value) in entry.ExtendedAttributes)
        {
            if (name.Length == 0 || name.AsSpan().ContainsAny('=', '\0'))
                throw Refuse(entry, "the name of an extended attribute is empty or holds \"=\" or a NUL");
            _pax.Add($"SCHILY.xattr.{name}", value);
        }
    }

    /// <summary>The last slash at which a name parts into prefix and name of a ustar header.</summary>
    private static bool TrySplit(ReadOnlySpan<byte> name, out int slash)
    {
        slash = -1;
        if (name.Length <= NameSize || !System.Text.Ascii.IsValid(name))
            return false;
        int length = name.Length;
        if (length > PrefixSize + 1)
            length = PrefixSize + 1;
        else if (name[^1] == '/')
            length--;
        slash = name[..length].LastIndexOf((byte)'/');
        return slash > 0 && name.Length - slash - 1 is > 0 and <= NameSize;
    }

    private int WritePax(ReadOnlySpan<byte> name, TarEntry entry)
    {
        long size = _pax.Measure();
        if (size > MaxPaxSize)
            throw Refuse(entry, $"its names and extended attributes take more than {MaxPaxSize} bytes");
        int padded = (int)(size + TarHeader.BlockSize - 1) & -TarHeader.BlockSize;
        Resize(TarHeader.BlockSize + padded);
        Span<byte> blocks = _blocks.AsSpan(0, TarHeader.BlockSize + padded);
        blocks.Clear();
        ReadOnlySpan<byte> pax = Ascii(PaxName(name));
        pax = pax[..Math.Min(pax.Length, NameSize)].TrimEnd((byte)'/');
        PutText(blocks[..NameSize], pax);
        PutNumbers(blocks, 0, 0, 0, size, 0);
        Finish(blocks[..TarHeader.BlockSize], (byte)'x');
        _pax.WriteTo(blocks[TarHeader.BlockSize..]);
        return blocks.Length;
    }

    /// <summary>The name that Go gives a PAX header: <c>dir/PaxHeaders.0/base</c>, cleaned.</summary>
    private static byte[] PaxName(ReadOnlySpan<byte> name)
    {
        int slash = name.LastIndexOf((byte)'/') + 1;
        byte[] joined = [.. name[..slash], .. "PaxHeaders.0/"u8, .. name[slash..]];
        byte[] clean = new byte[joined.Length + 1];
        return clean[..TarSplit.TarPath.Clean(joined, clean)];
    }

    private void Resize(int length)
    {
        if (_blocks.Length < length)
            Array.Resize(ref _blocks, length);
    }

    private static bool FitsOctal(long number, int fieldSize) => number >= 0 && number < 1L << (3 * (fieldSize - 1));

    /// <summary>What old readers see of a text that stands in a PAX record.</summary>
    private static ReadOnlySpan<byte> Ascii(ReadOnlySpan<byte> text)
    {
        if (System.Text.Ascii.IsValid(text))
            return text;
        byte[] ascii = new byte[text.Length];
        int length = 0;
        foreach (byte value in text)
        {
            if (value < 0x80)
                ascii[length++] = value;
        }
        return ascii.AsSpan(0, length);
    }

    private static void PutNumbers(Span<byte> block, long mode, long userId, long groupId, long size, long time)
    {
        PutOctal(block.Slice(100, 8), mode);
        PutOctal(block.Slice(108, 8), userId);
        PutOctal(block.Slice(116, 8), groupId);
        PutOctal(block.Slice(124, 12), size);
        PutOctal(block.Slice(136, 12), time);
    }

    private static void PutText(Span<byte> field, ReadOnlySpan<byte> text)
    {
        text[..Math.Min(text.Length, field.Length)].CopyTo(field);
        // Some readers take a file for a directory when the cut name ends in a slash.
        if (text.Length > field.Length && field[^1] == '/')
            field[text[..(field.Length - 1)].TrimEnd((byte)'/').Length] = 0;
    }

    /// <summary>Digits that fill the field but for a NUL; 0 for a number that stands in a PAX record.</summary>
    private static void PutOctal(Span<byte> field, long number)
    {
        ulong rest = FitsOctal(number, field.Length) ? (ulong)number : 0;
        for (int i = field.Length - 2; i >= 0; i--, rest >>= 3)
            field[i] = (byte)('0' + (rest & 7));
        field[^1] = 0;
    }

    private static void Finish(Span<byte> block, byte type)
    {
        block[156] = type;
        "ustar\000"u8.CopyTo(block[257..]);
        Span<byte> checksum = block.Slice(148, 8);
        checksum.Fill((byte)' ');
        long sum = 0;
        foreach (byte value in block)
            sum += value;
        PutOctal(checksum[..7], sum);
    }
}
