using System.Text;

namespace OciImages.Layers.Tar;

/// <summary>All headers of one member, and what they say together: the header block, PAX records, GNU long names.</summary>
internal sealed class TarMemberHeaders
{
    private readonly byte[] _block = new byte[TarHeader.BlockSize];
    private readonly byte[] _prefixed = new byte[256];
    private byte[] _longName = [];
    private byte[] _longLink = [];
    private string _userName = "", _groupName = "";

    /// <summary>The header block that was read last.</summary>
    public ReadOnlySpan<byte> Block => _block;

    /// <summary>What stands in that block.</summary>
    public TarHeader Header { get; private set; }

    public PaxRecords Pax { get; } = new();

    /// <summary>Whether the name of a sparse file stands in a record of its own.</summary>
    public bool HasSparseName { get; set; }

    public ReadOnlySpan<byte> Name
    {
        get
        {
            if (HasSparseName)
                return Pax.SparseName;
            if (_longName.Length > 0)
                return _longName;
            return Pax.Path is { IsEmpty: false } path ? path : NameOfBlock();
        }
    }

    public ReadOnlySpan<byte> LinkName
    {
        get
        {
            if (_longLink.Length > 0)
                return _longLink;
            return Pax.LinkPath is { IsEmpty: false } path ? path : TarHeader.LinkName(_block);
        }
    }

    /// <summary>The size that counts for the content in the archive.</summary>
    public long Size => Decimal(Pax.Size, Header.Size);

    /// <summary>The size of a sparse file when it is unpacked.</summary>
    public long SparseSize => Decimal(Pax.SparseSize, Size);

    /// <summary>What the member is.</summary>
    public TarEntryType Type => Header.TypeFlag switch
    {
        // Before POSIX a directory was a file whose name ends in a slash.
        0 => Name.EndsWith("/"u8) ? TarEntryType.Directory : TarEntryType.File,
        (byte)'0' or (byte)'7' or (byte)'S' => TarEntryType.File,
        (byte)'1' => TarEntryType.HardLink,
        (byte)'2' => TarEntryType.SymbolicLink,
        (byte)'3' => TarEntryType.CharacterDevice,
        (byte)'4' => TarEntryType.BlockDevice,
        (byte)'5' => TarEntryType.Directory,
        (byte)'6' => TarEntryType.Fifo,
        (byte)'g' => TarEntryType.GlobalHeader,
        _ => TarEntryType.Unknown,
    };

    public void SetBlock(ReadOnlySpan<byte> block, in TarHeader header)
    {
        block.CopyTo(_block);
        Header = header;
    }

    public void SetLongName(ReadOnlySpan<byte> name) => _longName = name.ToArray();

    public void SetLongLink(ReadOnlySpan<byte> name) => _longLink = name.ToArray();

    public void Clear()
    {
        HasSparseName = false;
        _longName = _longLink = [];
        Pax.Clear();
    }

    /// <summary>Checks all numbers; null when they are ones, else what is wrong.</summary>
    public string? CheckNumbers()
    {
        if (!IsNumber(Pax.Size) || !IsNumber(Pax.UserId) || !IsNumber(Pax.GroupId) || !IsNumber(Pax.SparseSize)
            || !IsTime(Pax.ModificationTime) || !IsTime(Pax.AccessTime) || !IsTime(Pax.ChangeTime))
            return "a PAX record that must be a number is none";
        bool isDevice = Type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice;
        return isDevice && (Header.DeviceMajor is < 0 or > uint.MaxValue || Header.DeviceMinor is < 0 or > uint.MaxValue)
            ? "its device number does not fit into 32 bits"
            : null;
    }

    /// <summary>Copies the member out.</summary>
    public TarEntry CreateEntry(long size, long storedSize, TarSparseSegment[]? sparseMap)
    {
        TarEntryType type = Type;
        if (type == TarEntryType.GlobalHeader)
            return new TarEntry { Type = type, TypeFlag = Header.TypeFlag, Name = Name.ToArray() };
        bool isLink = type is TarEntryType.HardLink or TarEntryType.SymbolicLink;
        bool isDevice = type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice;
        return new TarEntry
        {
            Type = type,
            TypeFlag = Header.TypeFlag,
            Name = Name.ToArray(),
            LinkName = isLink ? LinkName.ToArray() : default,
            Size = type == TarEntryType.File ? size : 0,
            StoredSize = storedSize,
            Mode = (int)(Header.Mode & 0xfff),
            UserId = Decimal(Pax.UserId, Header.UserId),
            GroupId = Decimal(Pax.GroupId, Header.GroupId),
            UserName = Owner(ref _userName, Pax.UserName, UserNameOfBlock()),
            GroupName = Owner(ref _groupName, Pax.GroupName, GroupNameOfBlock()),
            ModificationTime = Time(Pax.ModificationTime) ?? new TarTime(Header.ModificationTime),
            AccessTime = Time(Pax.AccessTime) ?? (Header.AccessTime is { } seconds ? new TarTime(seconds) : null),
            DeviceMajor = isDevice ? (uint)Header.DeviceMajor : 0,
            DeviceMinor = isDevice ? (uint)Header.DeviceMinor : 0,
            ExtendedAttributes = Pax.CopyAttributes(),
            SparseMap = sparseMap,
        };
    }

    private static bool IsNumber(ReadOnlySpan<byte> text) => text.IsEmpty || TarNumber.TryParseDecimal(text, out _);

    private static bool IsTime(ReadOnlySpan<byte> text) => text.IsEmpty || TarNumber.TryParseTime(text, out _);

    private static long Decimal(ReadOnlySpan<byte> text, long otherwise) =>
        TarNumber.TryParseDecimal(text, out long value) ? value : otherwise;

    private static TarTime? Time(ReadOnlySpan<byte> text) => TarNumber.TryParseTime(text, out TarTime time) ? time : null;

    /// <summary>The owner's name; members of a tar mostly have one owner, so the last string is used again.</summary>
    private static string Owner(ref string last, ReadOnlySpan<byte> record, ReadOnlySpan<byte> field)
    {
        ReadOnlySpan<byte> name = record.IsEmpty ? field : record;
        if (!Ascii.Equals(name, last))
            last = Encoding.UTF8.GetString(name);
        return last;
    }

    private ReadOnlySpan<byte> UserNameOfBlock() => Header.Format == TarFormat.V7 ? default : TarHeader.UserName(_block);

    private ReadOnlySpan<byte> GroupNameOfBlock() => Header.Format == TarFormat.V7 ? default : TarHeader.GroupName(_block);

    private ReadOnlySpan<byte> NameOfBlock()
    {
        ReadOnlySpan<byte> name = TarHeader.Name(_block);
        int prefix = Header.PrefixLength;
        if (prefix == 0)
            return name;
        _block.AsSpan(TarHeader.PrefixOffset, prefix).CopyTo(_prefixed);
        _prefixed[prefix] = (byte)'/';
        name.CopyTo(_prefixed.AsSpan(prefix + 1));
        return _prefixed.AsSpan(0, prefix + 1 + name.Length);
    }
}
