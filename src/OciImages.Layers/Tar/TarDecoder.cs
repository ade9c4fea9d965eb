namespace OciImages.Layers.Tar;

/// <summary>
/// The tar format as a state machine without any input or output: it is told the bytes in order and says what it takes next.
/// <see cref="TarReader"/> and the tar-split recorder both run on it, so they agree about every byte.
/// </summary>
/// <remarks>
/// A member may take several headers: PAX headers (x), GNU long names (L, K), sparse maps. <see cref="AcceptBlock"/> and
/// <see cref="AcceptMetadata"/> return true when the last of them has passed. As in Go's archive/tar, and so in Docker: of several PAX headers
/// the last counts alone; a GNU long name beats a PAX name; a global header (g) is a member of its own, changes no other member,
/// and ends what stood before it; links, devices, directories and pipes have no content whatever their size says.
/// After an exception a decoder is of no more use.
/// </remarks>
internal sealed class TarDecoder(TarReaderOptions options)
{
    private readonly TarMemberHeaders _member = new();
    private readonly SparseMap _sparse = new(options.MaxSparseSegments);
    private byte[] _metadata = [];
    private int _metadataLength;
    private BlockKind _blockKind;
    private bool _memberDone;
    private long _stored;
    private long _entries;

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
    public TarEntryType Type => _member.Type;

    /// <summary>The name of the member, once it is complete; valid until the next block is accepted.</summary>
    public ReadOnlySpan<byte> Name => _member.Name;

    /// <summary>The size of the member as a file on disk.</summary>
    public long Size { get; private set; }

    /// <summary>How many bytes of content follow the headers.</summary>
    public long StoredSize { get; private set; }

    /// <summary>Whether the content is that of a file with holes.</summary>
    public bool IsSparse { get; private set; }

    private bool InHeader => _blockKind is BlockKind.Header or BlockKind.SecondZero;

    /// <summary>Takes one block; true when a member is complete.</summary>
    public bool AcceptBlock(ReadOnlySpan<byte> block)
    {
        bool complete = _blockKind switch
        {
            BlockKind.SparseFields => AcceptSparseFields(block[..504], block[504]),
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
        if (Wanted != 0)
            return;
        if (Phase == TarPhase.Content)
            Enter(TarPhase.Padding, Padding(_stored));
        else
            Enter(TarPhase.Block, TarHeader.BlockSize);
    }

    /// <summary>Takes the end of the stream. Neither the zero blocks nor the last padding need be there.</summary>
    /// <param name="partial">How many bytes of an unfinished block were left over.</param>
    public void AcceptEnd(int partial)
    {
        if (Phase == TarPhase.Content)
            throw TarError.Truncated(Offset, Name, "its content");
        if (Phase == TarPhase.Metadata)
            throw TarError.Truncated(Offset, default, "an extended header");
        if (Phase == TarPhase.Block && (partial > 0 || !InHeader))
            throw TarError.Truncated(Offset + partial, default, InHeader ? "a header" : "a sparse map");
        Phase = TarPhase.End;
    }

    /// <summary>Copies the complete member out.</summary>
    public TarEntry CreateEntry() => _member.CreateEntry(Size, StoredSize, IsSparse ? _sparse.ToArray() : null);

    private bool AcceptHeader(ReadOnlySpan<byte> block)
    {
        if (_memberDone)
            _member.Clear();
        _memberDone = false;
        bool isZero = !block.ContainsAnyExcept((byte)0);
        if (_blockKind == BlockKind.SecondZero)
        {
            if (!isZero)
                throw TarError.Malformed(Offset, default, "one block of zeros is followed by something else");
            Enter(TarPhase.End, 0);
            return false;
        }
        if (isZero)
        {
            _blockKind = BlockKind.SecondZero;
            return false;
        }
        if (!TarHeader.TryParse(block, out TarHeader header, out string problem))
            throw TarError.Malformed(Offset, default, problem);
        _member.SetBlock(block, header);
        return header.TypeFlag is (byte)'x' or (byte)'g' or (byte)'L' or (byte)'K' ? BeginMetadata() : BeginMember();
    }

    private bool BeginMetadata()
    {
        bool isPax = _member.Header.TypeFlag is (byte)'x' or (byte)'g';
        // A long name may be padded with NULs beyond the name itself.
        long limit = isPax ? options.MaxPaxHeaderSize : options.MaxNameLength + TarHeader.BlockSize;
        _stored = _member.Header.Size;
        if (_stored < 0)
            throw Malformed("the size of an extended header is negative");
        if (_stored > limit)
            throw TarError.TooLarge(Offset, Name, isPax ? "a PAX header" : "a GNU long name", limit);
        if (_metadata.Length < _stored)
            _metadata = new byte[Math.Max(_stored, 1024)];
        _metadataLength = 0;
        Phase = TarPhase.Metadata;
        Wanted = _stored;
        return Wanted == 0 && EndMetadata();
    }

    private bool EndMetadata()
    {
        byte type = _member.Header.TypeFlag;
        if (type is (byte)'L' or (byte)'K')
        {
            ReadOnlySpan<byte> text = _metadata.AsSpan(0, _metadataLength);
            int end = text.IndexOf((byte)0);
            if (end >= 0)
                text = text[..end];
            CheckLength(text.Length);
            if (type == 'L')
                _member.SetLongName(text);
            else
                _member.SetLongLink(text);
            Enter(TarPhase.Padding, Padding(_stored));
            return false;
        }
        PaxRecords pax = _member.Pax;
        if (pax.Parse(ref _metadata, _metadataLength) is { } problem)
            throw Malformed(problem);
        CheckLength(Math.Max(Math.Max(pax.Path.Length, pax.SparseName.Length), pax.LinkPath.Length));
        if (pax.AttributesSize > options.MaxExtendedAttributesSize)
            throw TarError.TooLarge(Offset, Name, "the size of extended attributes", options.MaxExtendedAttributesSize);
        if (type == 'x')
        {
            Enter(TarPhase.Padding, Padding(_stored));
            return false;
        }
        _member.SetLongName(default);
        Complete(0, 0);
        Enter(TarPhase.Padding, Padding(_stored));
        return true;
    }

    private bool BeginMember()
    {
        if (_member.CheckNumbers() is { } problem)
            throw Malformed(problem);
        TarEntryType type = _member.Type;
        _stored = type is TarEntryType.File or TarEntryType.Unknown ? _member.Size : 0;
        if (_stored < 0)
            throw Malformed("its size is negative");
        if (_member.Header.TypeFlag == (byte)'S')
            return BeginOldSparse();
        PaxRecords pax = _member.Pax;
        if (!pax.HasSparseMap)
            return Complete(_member.Size, _stored);
        if (type is not (TarEntryType.File or TarEntryType.Unknown))
            throw Malformed("a member without content has a sparse map");
        _member.HasSparseName = !pax.SparseName.IsEmpty;
        Size = _member.SparseSize;
        _sparse.Clear();
        return pax.HasSparseText ? BeginSparseText() : CompleteSparse(_sparse.AddRecords(pax));
    }

    private bool BeginOldSparse()
    {
        if (_member.Header.Format != TarFormat.Gnu)
            throw Malformed("a sparse file of type S is known in GNU format alone");
        if (!TarNumber.TryParse(_member.Block.Slice(483, 12), out long size))
            throw Malformed("the size of the sparse file is no number");
        Size = size;
        _sparse.Clear();
        return AcceptSparseFields(_member.Block.Slice(TarHeader.GnuSparseOffset, 96), _member.Block[482]);
    }

    private bool AcceptSparseFields(ReadOnlySpan<byte> fields, byte continued)
    {
        string? problem = _sparse.AddFields(fields);
        if (continued == 0 || problem is not null)
            return CompleteSparse(problem);
        _blockKind = BlockKind.SparseFields;
        return false;
    }

    private bool BeginSparseText()
    {
        _sparse.BeginText();
        _blockKind = BlockKind.SparseText;
        CheckSparseText();
        return false;
    }

    private bool AcceptSparseText(ReadOnlySpan<byte> block)
    {
        string? problem = _sparse.AddText(block);
        _stored -= block.Length;
        if (!_sparse.IsReadingText || problem is not null)
            return CompleteSparse(problem);
        CheckSparseText();
        return false;
    }

    private void CheckSparseText()
    {
        if (_stored < TarHeader.BlockSize)
            throw Malformed("the sparse map is longer than the content that holds it");
    }

    private bool CompleteSparse(string? problem)
    {
        problem ??= _sparse.Check(Size);
        if (problem is not null)
            throw Malformed(problem);
        if (_sparse.StoredSize != _stored)
            throw Malformed($"its sparse map tells of {_sparse.StoredSize} stored bytes, the header of {_stored}");
        Complete(Size, _stored);
        IsSparse = true;
        return true;
    }

    private bool Complete(long size, long stored)
    {
        if (++_entries > options.MaxEntries)
            throw TarError.TooLarge(Offset, Name, "a number of members", options.MaxEntries);
        (Size, StoredSize, IsSparse) = (size, stored, false);
        _blockKind = BlockKind.Header;
        _memberDone = true;
        Enter(TarPhase.Content, stored);
        return true;
    }

    /// <summary>Goes to a phase, or past it when it has no bytes.</summary>
    private void Enter(TarPhase phase, long wanted)
    {
        if (phase == TarPhase.Content && wanted == 0)
            (phase, wanted) = (TarPhase.Padding, Padding(_stored));
        if (phase == TarPhase.Padding && wanted == 0)
            (phase, wanted) = (TarPhase.Block, TarHeader.BlockSize);
        (Phase, Wanted) = (phase, wanted);
    }

    private void CheckLength(int length)
    {
        if (length > options.MaxNameLength)
            throw TarError.TooLarge(Offset, Name, "a length of a name", options.MaxNameLength);
    }

    private OciException Malformed(string problem) => TarError.Malformed(Offset, Name, problem);

    private static long Padding(long size) => -size & (TarHeader.BlockSize - 1);
}
