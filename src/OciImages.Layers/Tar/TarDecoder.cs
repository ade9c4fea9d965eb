using System.Text;

namespace OciImages.Layers.Tar;

/// <summary>
/// The tar format as a state machine without any input or output: it is told the bytes in order and says what it takes next.
/// <see cref="TarReader"/> and the tar-split recorder both run on it, so they agree about every byte.
/// </summary>
/// <remarks>
/// A member may take several header blocks: PAX headers (x), GNU long names (L, K), sparse maps. <see cref="AcceptBlock"/> and
/// <see cref="AcceptMetadata"/> return true when the last of them has passed. As in Go's archive/tar, and so in Docker: of several PAX headers
/// of one kind the last counts alone; a GNU long name beats a PAX name; a global header (g) is a member of its own, changes no other member,
/// and ends what stood before it; links, devices, directories and pipes have no content whatever their size says.
/// </remarks>
internal sealed class TarDecoder(TarReaderOptions options)
{
    private readonly byte[] _block = new byte[TarHeader.BlockSize];
    private readonly PaxRecords _pax = new();
    private readonly SparseMap _sparse = new(options.MaxSparseSegments);
    private readonly byte[] _prefixed = new byte[256];
    private byte[] _metadata = [];
    private int _metadataLength;
    private byte[] _longName = [];
    private byte[] _longLink = [];
    private TarHeader _header;
    private BlockKind _blockKind;
    private bool _memberDone;
    private bool _nameFromRecords;
    private long _stored;
    private long _entries;
    private string _userName = "", _groupName = "";

    private enum BlockKind
    {
        Header,
        SecondZero,
        SparseFields,
        SparseText,
    }

    public TarPhase Phase { get; private set; } = TarPhase.Block;

    /// <summary>How many bytes belong to this phase.</summary>
    public long Wanted { get; private set; } = TarHeader.BlockSize;

    /// <summary>How many bytes have passed.</summary>
    public long Offset { get; private set; }

    /// <summary>What the member is, once it is complete.</summary>
    public TarEntryType Type { get; private set; }

    /// <summary>The size of the member as a file on disk.</summary>
    public long Size { get; private set; }

    /// <summary>How many bytes of content follow the headers.</summary>
    public long StoredSize { get; private set; }

    /// <summary>Whether the content is that of a file with holes.</summary>
    public bool IsSparse { get; private set; }

    /// <summary>The name of the member; valid until the next block is accepted.</summary>
    public ReadOnlySpan<byte> Name
    {
        get
        {
            if (_nameFromRecords)
                return _pax.SparseName;
            if (_longName.Length > 0)
                return _longName;
            return _pax.Path is { IsEmpty: false } path ? path : HeaderName();
        }
    }

    private bool InHeader => _blockKind is BlockKind.Header or BlockKind.SecondZero;

    private ReadOnlySpan<byte> LinkName
    {
        get
        {
            if (_longLink.Length > 0)
                return _longLink;
            return _pax.LinkPath is { IsEmpty: false } path ? path : TarHeader.LinkName(_block);
        }
    }

    /// <summary>Takes one block; true when a member is complete.</summary>
    public bool AcceptBlock(ReadOnlySpan<byte> block)
    {
        bool complete = _blockKind switch
        {
            BlockKind.SparseFields => AcceptSparseFields(block),
            BlockKind.SparseText => AcceptSparseText(block),
            _ => AcceptHeader(block),
        };
        Offset += block.Length;
        return complete;
    }

    /// <summary>Takes up to <see cref="Wanted"/> bytes of an extended header; true when a member (a global header) is complete.</summary>
    public bool AcceptMetadata(ReadOnlySpan<byte> data)
    {
        data.CopyTo(_metadata.AsSpan(_metadataLength));
        _metadataLength += data.Length;
        Offset += data.Length;
        Wanted -= data.Length;
        return Wanted == 0 && EndMetadata();
    }

    /// <summary>Passes over up to <see cref="Wanted"/> bytes of content or padding.</summary>
    public void Advance(long count)
    {
        Offset += count;
        Wanted -= count;
        if (Wanted == 0)
            Enter(Phase == TarPhase.Content ? TarPhase.Padding : TarPhase.Block, Phase == TarPhase.Content ? Padding(_stored) : 0);
    }

    /// <summary>Takes the end of the stream.</summary>
    /// <param name="partial">How many bytes of an unfinished block were left over.</param>
    public void AcceptEnd(int partial)
    {
        bool allowed = Phase switch
        {
            // Neither the zero blocks at the end nor the last padding need be there.
            TarPhase.Block => partial == 0 && InHeader,
            TarPhase.Padding or TarPhase.End => true,
            _ => false,
        };
        if (!allowed)
        {
            string place = Phase switch
            {
                TarPhase.Content => "its content",
                TarPhase.Metadata => "an extended header",
                _ => InHeader ? "a header" : "a sparse map",
            };
            throw TarError.Truncated(Offset + partial, Phase == TarPhase.Content ? Name : default, place);
        }
        Phase = TarPhase.End;
    }

    /// <summary>Copies the complete member out.</summary>
    public TarEntry CreateEntry() => Type == TarEntryType.GlobalHeader
        ? new TarEntry { Type = Type, TypeFlag = _header.TypeFlag, Name = Name.ToArray() }
        : new TarEntry
        {
            Type = Type,
            TypeFlag = _header.TypeFlag,
            Name = Name.ToArray(),
            LinkName = Type is TarEntryType.HardLink or TarEntryType.SymbolicLink ? LinkName.ToArray() : default,
            Size = Type == TarEntryType.File ? Size : 0,
            StoredSize = StoredSize,
            Mode = (int)(_header.Mode & 0xfff),
            UserId = Decimal(_pax.UserId, _header.UserId),
            GroupId = Decimal(_pax.GroupId, _header.GroupId),
            UserName = Owner(ref _userName, _pax.UserName, TarHeader.UserName(_block)),
            GroupName = Owner(ref _groupName, _pax.GroupName, TarHeader.GroupName(_block)),
            ModificationTime = Time(_pax.ModificationTime, _header.ModificationTime)!.Value,
            AccessTime = Time(_pax.AccessTime, _header.AccessTime),
            DeviceMajor = Type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice ? (uint)_header.DeviceMajor : 0,
            DeviceMinor = Type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice ? (uint)_header.DeviceMinor : 0,
            ExtendedAttributes = _pax.CopyAttributes(),
            SparseMap = IsSparse ? _sparse.ToArray() : null,
        };

    private bool AcceptHeader(ReadOnlySpan<byte> block)
    {
        if (_memberDone)
            ForgetMember();
        if (!block.ContainsAnyExcept((byte)0))
        {
            bool second = _blockKind == BlockKind.SecondZero;
            Enter(second ? TarPhase.End : TarPhase.Block, 0);
            _blockKind = BlockKind.SecondZero;
            return false;
        }
        if (_blockKind == BlockKind.SecondZero)
            throw TarError.Malformed(Offset, default, "one block of zeros is followed by something else");
        if (!TarHeader.TryParse(block, out TarHeader header, out string problem))
            throw TarError.Malformed(Offset, default, problem);
        _header = header;
        block.CopyTo(_block);
        return header.TypeFlag is (byte)'x' or (byte)'g' or (byte)'L' or (byte)'K' ? BeginMetadata() : BeginMember();
    }

    private bool BeginMetadata()
    {
        bool isPax = _header.TypeFlag is (byte)'x' or (byte)'g';
        // A long name may be padded with NULs beyond the name itself.
        long limit = isPax ? options.MaxPaxHeaderSize : options.MaxNameLength + TarHeader.BlockSize;
        if (_header.Size < 0)
            throw Malformed("the size of an extended header is negative");
        if (_header.Size > limit)
            throw TarError.TooLarge(Offset, Name, isPax ? "a PAX header" : "a GNU long name", limit);
        if (_metadata.Length < _header.Size)
            _metadata = new byte[Math.Max(_header.Size, 1024)];
        _metadataLength = 0;
        _stored = _header.Size;
        Phase = TarPhase.Metadata;
        Wanted = _header.Size;
        return Wanted == 0 && EndMetadata();
    }

    private bool EndMetadata()
    {
        bool complete = false;
        switch (_header.TypeFlag)
        {
            case (byte)'L':
                _longName = LongText();
                break;
            case (byte)'K':
                _longLink = LongText();
                break;
            default:
                if (_pax.Parse(ref _metadata, _metadataLength) is { } problem)
                    throw Malformed(problem);
                complete = _header.TypeFlag == (byte)'g';
                break;
        }
        CheckLength(_pax.Path.Length, "a name");
        CheckLength(_pax.LinkPath.Length, "a link target");
        CheckLength(_pax.SparseName.Length, "a name");
        if (_pax.AttributesSize > options.MaxExtendedAttributesSize)
            throw TarError.TooLarge(Offset, Name, "the extended attributes", options.MaxExtendedAttributesSize);
        if (complete)
        {
            _longName = [];
            Complete(TarEntryType.GlobalHeader, 0, 0);
        }
        Enter(TarPhase.Padding, Padding(_stored));
        return complete;
    }

    private byte[] LongText()
    {
        ReadOnlySpan<byte> text = _metadata.AsSpan(0, _metadataLength);
        int end = text.IndexOf((byte)0);
        CheckLength(end < 0 ? text.Length : end, "a GNU long name");
        return text[..(end < 0 ? text.Length : end)].ToArray();
    }

    private bool BeginMember()
    {
        TarEntryType type = TypeOf(_header.TypeFlag, Name);
        CheckNumbers(type);
        long size = Decimal(_pax.Size, _header.Size);
        _stored = type is TarEntryType.File or TarEntryType.Unknown ? size : 0;
        if (_stored < 0)
            throw Malformed("its size is negative");
        if (_header.TypeFlag == (byte)'S')
            return BeginOldSparse();
        return ClassifyRecords() switch
        {
            1 => BeginSparseText(type),
            0 => BeginSparseRecords(type),
            _ => Complete(type, size, _stored),
        };
    }

    /// <summary>The format of a sparse map in PAX records: 1 for 1.0, 0 for 0.0 and 0.1, -1 for none that is known.</summary>
    private int ClassifyRecords()
    {
        ReadOnlySpan<byte> major = _pax.SparseMajor, minor = _pax.SparseMinor;
        if (major.SequenceEqual("1"u8) && minor.SequenceEqual("0"u8))
            return 1;
        if (major.SequenceEqual("0"u8) && (minor.SequenceEqual("0"u8) || minor.SequenceEqual("1"u8)))
            return 0;
        bool hasMap = !_pax.SparseMap.IsEmpty || _pax.SparsePairs > 0;
        return major.IsEmpty && minor.IsEmpty && hasMap ? 0 : -1;
    }

    private bool BeginOldSparse()
    {
        if (_header.Format != TarFormat.Gnu)
            throw Malformed("a sparse file of type S is known in GNU format alone");
        if (!TarNumber.TryParse(_block.AsSpan(483, 12), out long size))
            throw Malformed("the size of the sparse file is no number");
        Size = size;
        _sparse.Clear();
        return AcceptFields(_block.AsSpan(TarHeader.GnuSparseOffset, 96), _block[482]);
    }

    private bool AcceptSparseFields(ReadOnlySpan<byte> block) => AcceptFields(block[..504], block[504]);

    private bool AcceptFields(ReadOnlySpan<byte> fields, byte continued)
    {
        if (_sparse.AddFields(fields) is { } problem)
            throw Malformed(problem);
        if (continued == 0)
            return CompleteSparse(TarEntryType.File, Size);
        _blockKind = BlockKind.SparseFields;
        return false;
    }

    private bool BeginSparseRecords(TarEntryType type)
    {
        ReadSparseHeader();
        _sparse.Clear();
        if (_sparse.AddRecords(_pax) is { } problem)
            throw Malformed(problem);
        return CompleteSparse(type, Size);
    }

    private bool BeginSparseText(TarEntryType type)
    {
        ReadSparseHeader();
        Type = type;
        _sparse.BeginText();
        _blockKind = BlockKind.SparseText;
        CheckSparseText();
        return false;
    }

    private bool AcceptSparseText(ReadOnlySpan<byte> block)
    {
        if (_sparse.AddText(block) is { } problem)
            throw Malformed(problem);
        _stored -= block.Length;
        if (!_sparse.IsReadingText)
            return CompleteSparse(Type, Size);
        CheckSparseText();
        return false;
    }

    private void CheckSparseText()
    {
        if (_stored < TarHeader.BlockSize)
            throw Malformed("the sparse map is longer than the content that holds it");
    }

    private void ReadSparseHeader()
    {
        _nameFromRecords = !_pax.SparseName.IsEmpty;
        Size = Decimal(_pax.SparseSize, Decimal(_pax.Size, _header.Size));
    }

    private bool CompleteSparse(TarEntryType type, long size)
    {
        if (type is not (TarEntryType.File or TarEntryType.Unknown))
            throw Malformed("a member that has no content has a sparse map");
        if (_sparse.Check(size) is { } problem)
            throw Malformed(problem);
        if (_sparse.StoredSize != _stored)
            throw Malformed($"its sparse map tells of {_sparse.StoredSize} stored bytes, the header of {_stored}");
        bool complete = Complete(type, size, _stored);
        IsSparse = true;
        return complete;
    }

    private bool Complete(TarEntryType type, long size, long stored)
    {
        if (++_entries > options.MaxEntries)
            throw TarError.TooLarge(Offset, Name, "a number of members", options.MaxEntries);
        (Type, Size, StoredSize, IsSparse) = (type, size, stored, false);
        _blockKind = BlockKind.Header;
        _memberDone = true;
        if (type != TarEntryType.GlobalHeader)
            Enter(TarPhase.Content, stored);
        return true;
    }

    private void ForgetMember()
    {
        _memberDone = _nameFromRecords = false;
        _longName = _longLink = [];
        _pax.Clear();
    }

    /// <summary>Goes to a phase, or past it when it has no bytes.</summary>
    private void Enter(TarPhase phase, long wanted)
    {
        if (phase == TarPhase.Content && wanted == 0)
            (phase, wanted) = (TarPhase.Padding, Padding(_stored));
        if (phase == TarPhase.Padding && wanted == 0)
            phase = TarPhase.Block;
        Phase = phase;
        Wanted = phase == TarPhase.Block ? TarHeader.BlockSize : wanted;
    }

    private void CheckNumbers(TarEntryType type)
    {
        if (!IsNumber(_pax.Size) || !IsNumber(_pax.UserId) || !IsNumber(_pax.GroupId) || !IsNumber(_pax.SparseSize)
            || !IsTime(_pax.ModificationTime) || !IsTime(_pax.AccessTime) || !IsTime(_pax.ChangeTime))
            throw Malformed("a PAX record that must be a number is none");
        if (type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice
            && (_header.DeviceMajor is < 0 or > uint.MaxValue || _header.DeviceMinor is < 0 or > uint.MaxValue))
            throw Malformed("its device number does not fit into 32 bits");
    }

    private void CheckLength(int length, string what)
    {
        if (length > options.MaxNameLength)
            throw TarError.TooLarge(Offset, Name, $"{what} with a length", options.MaxNameLength);
    }

    private ReadOnlySpan<byte> HeaderName()
    {
        ReadOnlySpan<byte> name = TarHeader.Name(_block);
        int prefix = _header.PrefixLength;
        if (prefix == 0)
            return name;
        _block.AsSpan(TarHeader.PrefixOffset, prefix).CopyTo(_prefixed);
        _prefixed[prefix] = (byte)'/';
        name.CopyTo(_prefixed.AsSpan(prefix + 1));
        return _prefixed.AsSpan(0, prefix + 1 + name.Length);
    }

    private OciException Malformed(string problem) => TarError.Malformed(Offset, Name, problem);

    private static long Padding(long size) => -size & (TarHeader.BlockSize - 1);

    private static TarEntryType TypeOf(byte typeFlag, ReadOnlySpan<byte> name) => typeFlag switch
    {
        // Before POSIX a directory was a file whose name ends in a slash.
        0 => name.EndsWith("/"u8) ? TarEntryType.Directory : TarEntryType.File,
        (byte)'0' or (byte)'7' or (byte)'S' => TarEntryType.File,
        (byte)'1' => TarEntryType.HardLink,
        (byte)'2' => TarEntryType.SymbolicLink,
        (byte)'3' => TarEntryType.CharacterDevice,
        (byte)'4' => TarEntryType.BlockDevice,
        (byte)'5' => TarEntryType.Directory,
        (byte)'6' => TarEntryType.Fifo,
        _ => TarEntryType.Unknown,
    };

    private static bool IsNumber(ReadOnlySpan<byte> text) => text.IsEmpty || TarNumber.TryParseDecimal(text, out _);

    private static bool IsTime(ReadOnlySpan<byte> text) => text.IsEmpty || TarNumber.TryParseTime(text, out _);

    private static long Decimal(ReadOnlySpan<byte> text, long otherwise) =>
        TarNumber.TryParseDecimal(text, out long value) ? value : otherwise;

    private static TarTime? Time(ReadOnlySpan<byte> text, long? otherwise) =>
        TarNumber.TryParseTime(text, out TarTime time) ? time : otherwise is { } seconds ? new TarTime(seconds) : null;

    /// <summary>The owner's name; members of a tar mostly have one owner, so the last string is used again.</summary>
    private static string Owner(ref string last, ReadOnlySpan<byte> record, ReadOnlySpan<byte> field)
    {
        ReadOnlySpan<byte> name = record.IsEmpty ? field : record;
        if (!Ascii.Equals(name, last))
            last = Encoding.UTF8.GetString(name);
        return last;
    }
}
