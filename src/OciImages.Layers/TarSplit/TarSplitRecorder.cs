using OciImages.Layers.Tar;

namespace OciImages.Layers.TarSplit;

/// <summary>
/// Records what a tar is apart from the content of its files, in Docker's tar-split format: from that and the unpacked files
/// <see cref="TarSplitReader"/> makes the same tar again, and dockerd does too.
/// </summary>
/// <remarks>
/// <para>
/// It takes the bytes of the tar in pieces of any size and writes the same records whatever the pieces are. Segments (type 2) hold all that is
/// not the content of a file, at most 1 MiB each: before each member the padding of the one before and all its headers, at the end the zero
/// blocks, then what follows them. A file (type 1) stands for each member; members without content have no size.
/// </para>
/// <para>
/// Where Docker would record something that cannot be made again it goes another way that dockerd reads as well: the content of a sparse file is
/// not what lies on disk, so its member has no size and its stored bytes follow in segments (Docker records the expanded file, and a
/// later save or push fails); likewise members of types that nobody unpacks.
/// </para>
/// <para>Two members with one name are refused, as in Docker: the files on disk could not give back both.</para>
/// </remarks>
internal sealed class TarSplitRecorder : IDisposable
{
    private const int MaxSegment = 1 << 20;

    private readonly TarDecoder _decoder;
    private readonly TarSplitWriter _writer;
    private readonly NameSet _names = new();
    private readonly byte[] _block = new byte[TarHeader.BlockSize];
    private byte[] _segment = new byte[4 << 10];
    private byte[] _cleanName = new byte[256];
    private int _segmentLength;
    private int _blockLength;
    private bool _hasFileContent;
    private Crc64 _checksum;

    /// <summary>Makes a recorder.</summary>
    /// <param name="output">Gets the records; not disposed.</param>
    /// <param name="options">The limits; the same as those of the reader of the tar.</param>
    public TarSplitRecorder(Stream output, TarReaderOptions? options = null)
    {
        _writer = new TarSplitWriter(output);
        _decoder = new TarDecoder(options ?? new TarReaderOptions());
    }

    /// <summary>Takes the next bytes of the tar.</summary>
    /// <exception cref="OciException">The tar is malformed or has a name twice (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public void Append(ReadOnlySpan<byte> tar)
    {
        while (!tar.IsEmpty)
            tar = tar[Take(tar)..];
    }

    /// <summary>Takes the end of the tar and writes what is left.</summary>
    /// <exception cref="OciException">The tar ended inside a member (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public void Complete()
    {
        _decoder.AcceptEnd(_blockLength);
        EndSegment();
        _writer.Complete();
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private int Take(ReadOnlySpan<byte> tar)
    {
        if (_decoder.Phase == TarPhase.Block)
            return TakeBlock(tar);
        int count = _decoder.Phase == TarPhase.End ? tar.Length : (int)Math.Min(tar.Length, _decoder.Wanted);
        ReadOnlySpan<byte> piece = tar[..count];
        bool isFileContent = _hasFileContent && _decoder.Phase == TarPhase.Content;
        if (!isFileContent)
            AddToSegment(piece);
        switch (_decoder.Phase)
        {
            case TarPhase.Metadata:
                if (_decoder.AcceptMetadata(piece))
                    BeginMember();
                break;
            case TarPhase.Content or TarPhase.Padding:
                if (isFileContent)
                    _checksum.Append(piece);
                _decoder.Advance(count);
                if (isFileContent && _decoder.Phase != TarPhase.Content)
                    _writer.WriteFile(_decoder.Name, _decoder.StoredSize, _checksum.Value);
                break;
        }
        return count;
    }

    private int TakeBlock(ReadOnlySpan<byte> tar)
    {
        int count = Math.Min(tar.Length, TarHeader.BlockSize - _blockLength);
        ReadOnlySpan<byte> block = tar[..count];
        if (count < TarHeader.BlockSize)
        {
            block.CopyTo(_block.AsSpan(_blockLength));
            _blockLength += count;
            if (_blockLength < TarHeader.BlockSize)
                return count;
            block = _block;
        }
        _blockLength = 0;
        AddToSegment(block);
        if (_decoder.AcceptBlock(block))
            BeginMember();
        else if (_decoder.Phase == TarPhase.End)
            EndSegment();
        return count;
    }

    private void BeginMember()
    {
        EndSegment();
        ReadOnlySpan<byte> name = _decoder.Name;
        if (_cleanName.Length <= name.Length)
            _cleanName = new byte[2 * name.Length];
        if (!_names.Add(_cleanName.AsSpan(0, TarPath.Clean(name, _cleanName))))
            throw TarError.Malformed(_decoder.Offset, name, "duplicates of file paths not supported");
        _hasFileContent = _decoder is { Type: TarEntryType.File, IsSparse: false, StoredSize: > 0 };
        _checksum = default;
        if (!_hasFileContent)
            _writer.WriteFile(name, 0, 0);
    }

    private void AddToSegment(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, MaxSegment - _segmentLength);
            if (_segment.Length < _segmentLength + count)
                Array.Resize(ref _segment, Math.Min(MaxSegment, Math.Max(2 * _segment.Length, _segmentLength + count)));
            bytes[..count].CopyTo(_segment.AsSpan(_segmentLength));
            _segmentLength += count;
            if (_segmentLength == MaxSegment)
                EndSegment();
            bytes = bytes[count..];
        }
    }

    private void EndSegment()
    {
        if (_segmentLength > 0)
            _writer.WriteSegment(_segment.AsSpan(0, _segmentLength));
        _segmentLength = 0;
    }
}
