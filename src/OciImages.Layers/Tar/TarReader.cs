using System.Buffers;
using OciImages.Layers.Internal.Unpacking;

namespace OciImages.Layers.Tar;

/// <summary>
/// Reads a tar forward, one member at a time: V7, ustar, PAX, star and GNU formats, with sparse files. Not thread-safe; does not dispose the stream.
/// </summary>
/// <remarks>
/// <para>
/// It reads what Docker reads, as Docker reads it (Go's archive/tar). The zero blocks at the end and the last padding may be missing, and what
/// follows the zero blocks is no part of the archive and is left unread but for what the buffer holds; a stream without any byte is an
/// empty archive. A stream that ends inside a header or content is truncated. Only type NUL makes a directory of a name that ends in a
/// slash; PAX global headers change no other member.
/// </para>
/// <para>
/// The stream is read ahead in blocks of up to 128 KiB; large content goes straight to the caller's buffer. Calls complete
/// synchronously while data is there.
/// </para>
/// </remarks>
public sealed class TarReader
{
    private const int BufferSize = 128 << 10;

    // Smaller reads than this go through the buffer, so that the headers behind small files come with them.
    private const int DirectReadSize = 32 << 10;

    private static readonly TarReaderOptions Defaults = new();

    private readonly Stream _stream;
    private readonly TarDecoder _decoder;
    private byte[]? _buffer;
    private int _start, _end;
    private bool _decoding;

    /// <summary>Makes a reader.</summary>
    /// <param name="stream">The uncompressed tar, at its start.</param>
    /// <param name="options">The limits, or null for the defaults.</param>
    public TarReader(Stream stream, TarReaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
        _decoder = new TarDecoder(options ?? Defaults);
        _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    }

    private enum Step
    {
        Member,
        NeedInput,
        End,
    }

    /// <summary>
    /// How many bytes of the stream lie before the stored content of the current member, counted from where the stream stood at first. Content
    /// that was not read can be found there later.
    /// </summary>
    public long ContentOffset { get; private set; }

    private int Available => _end - _start;

    /// <summary>Reads up to the next member, passing over unread content of the current one.</summary>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The member, or null at the end of the archive.</returns>
    /// <exception cref="OciException">The tar is malformed or truncated, or exceeds a limit (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public ValueTask<TarEntry?> ReadEntryAsync(CancellationToken cancellationToken = default) => Decode() switch
    {
        Step.Member => new(CreateEntry()),
        Step.End => new((TarEntry?)null),
        _ => ReadEntryFromStreamAsync(cancellationToken),
    };

    /// <summary>Reads stored content of the current member.</summary>
    /// <param name="buffer">Where it goes.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>How many bytes were read; 0 at the end of the member's content.</returns>
    /// <exception cref="OciException">The tar is truncated (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_decoder.Phase != TarPhase.Content || buffer.IsEmpty)
            return new(0);
        return Available > 0 ? new(TakeContent(buffer.Span)) : ReadContentFromStreamAsync(buffer, cancellationToken);
    }

    /// <summary>Opens the content of the current member as a file would have it: holes of sparse files are read as zeros.</summary>
    /// <param name="entry">The current member.</param>
    /// <returns>A stream that is read forward, asynchronously only, until the next member is read; disposing it does nothing.</returns>
    public Stream OpenContent(TarEntry entry) => new TarMemberStream(this, entry, Stream.Null);

    private async ValueTask<TarEntry?> ReadEntryFromStreamAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Skip();
            await FillAsync(cancellationToken).ConfigureAwait(false);
            switch (Decode())
            {
                case Step.Member:
                    return CreateEntry();
                case Step.End:
                    return null;
            }
        }
    }

    private async ValueTask<int> ReadContentFromStreamAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int most = (int)Math.Min(buffer.Length, _decoder.Wanted);
        if (most < DirectReadSize)
        {
            await FillAsync(cancellationToken).ConfigureAwait(false);
            return TakeContent(buffer.Span);
        }
        int count = await _stream.ReadAsync(buffer[..most], cancellationToken).ConfigureAwait(false);
        if (count == 0)
            _decoder.AcceptEnd(0);
        _decoder.Advance(count);
        return count;
    }

    private int TakeContent(Span<byte> destination)
    {
        int count = (int)Math.Min(Math.Min(destination.Length, Available), _decoder.Wanted);
        _buffer.AsSpan(_start, count).CopyTo(destination);
        _start += count;
        _decoder.Advance(count);
        return count;
    }

    /// <summary>Decodes what is in the buffer, up to the next member.</summary>
    private Step Decode()
    {
        // What is left of a tar after an error has no meaning: it must not be taken for members.
        if (_decoding)
            throw new InvalidOperationException("A tar cannot be read on after an error.");
        _decoding = true;
        Step step = DecodeBuffer();
        _decoding = false;
        return step;
    }

    private Step DecodeBuffer()
    {
        while (_decoder.Phase != TarPhase.End)
        {
            int count = (int)Math.Min(_decoder.Wanted, Available);
            if (count == 0 || _decoder.Phase == TarPhase.Block && count < TarHeader.BlockSize)
                return Step.NeedInput;
            ReadOnlySpan<byte> piece = _buffer.AsSpan(_start, count);
            _start += count;
            bool complete = false;
            if (_decoder.Phase == TarPhase.Block)
                complete = _decoder.AcceptBlock(piece);
            else if (_decoder.Phase == TarPhase.Metadata)
                complete = _decoder.AcceptMetadata(piece);
            else
                _decoder.Advance(count);
            if (complete)
                return Step.Member;
        }
        ReleaseBuffer();
        return Step.End;
    }

    private TarEntry CreateEntry()
    {
        ContentOffset = _decoder.Offset;
        return _decoder.CreateEntry();
    }

    // Content that nobody reads is jumped over where the stream can, unless it ends before: then reading tells.
    private void Skip()
    {
        if (_decoder.Phase != TarPhase.Content || Available > 0 || !_stream.CanSeek)
            return;
        long left = _decoder.Wanted;
        if (left < BufferSize || _stream.Length - _stream.Position < left)
            return;
        _stream.Seek(left, SeekOrigin.Current);
        _decoder.Advance(left);
    }

    /// <summary>Reads more behind what is in the buffer, or tells the decoder that there is no more.</summary>
    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = _buffer!;
        buffer.AsSpan(_start, Available).CopyTo(buffer);
        (_start, _end) = (0, Available);
        int count = await _stream.ReadAsync(buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        if (count == 0)
            _decoder.AcceptEnd(Available);
        _end += count;
    }

    private void ReleaseBuffer()
    {
        if (_buffer is { } buffer)
            ArrayPool<byte>.Shared.Return(buffer);
        _buffer = null;
        _start = _end = 0;
    }
}
