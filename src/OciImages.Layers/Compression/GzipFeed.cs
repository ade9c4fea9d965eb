using System.Buffers;

namespace OciImages.Layers.Compression;

/// <summary>
/// Feeds a <see cref="System.IO.Compression.GZipStream"/> so that it can be seen how the gzip ended, which that stream does not tell: it reports
/// a truncated gzip, and garbage behind one, as a plain end.
/// </summary>
/// <remarks>
/// The trick is a zero byte behind the last byte of the blob. A gzip that is complete leaves it alone, because it begins no other member: the
/// reader ends and does not ask for more. A gzip that is not complete takes the zero for its own and asks for more, even if the
/// zero happens to be what was missing. Zeros at the end of the blob are held back and fed one by one for the same reason: they may be the
/// last bytes of the checksum and size, or padding behind them.
/// </remarks>
internal sealed class GzipFeed(Stream inner) : ForwardStream(inner)
{
    private const int BufferSize = 128 << 10;

    // No real gzip ends in more zeros than a few: before the size comes the checksum.
    private const int MaxTail = 4096;

    private readonly Stream _inner = inner;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _start, _end;
    private long _zeros, _heldZeros;
    private int _tail;
    private bool _innerEnded;

    /// <summary>Whether the reader asked for more than there is: the gzip is truncated.</summary>
    public bool IsStarved { get; private set; }

    /// <summary>Whether the reader got everything but zeros: there is no garbage behind the gzip.</summary>
    public bool ReachedTail { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        while (true)
        {
            if (_zeros > 0)
            {
                int zeros = (int)Math.Min(buffer.Length, _zeros);
                buffer.Span[..zeros].Clear();
                _zeros -= zeros;
                return zeros;
            }
            if (_start < _end)
            {
                int count = Math.Min(buffer.Length, _end - _start);
                _buffer.AsSpan(_start, count).CopyTo(buffer.Span);
                _start += count;
                return count;
            }
            if (_innerEnded)
                return ReadTail(buffer.Span);
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        base.Dispose(disposing);
    }

    private int ReadTail(Span<byte> buffer)
    {
        ReachedTail = true;
        if (_tail == 0)
        {
            IsStarved = true;
            return 0;
        }
        _tail--;
        buffer[0] = 0;
        return 1;
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        int count = await _inner.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false);
        if (count == 0)
        {
            _innerEnded = true;
            _tail = (int)Math.Min(_heldZeros, MaxTail) + 1;
            return;
        }
        int length = _buffer.AsSpan(0, count).LastIndexOfAnyExcept((byte)0) + 1;
        if (length > 0)
            (_zeros, _heldZeros) = (_heldZeros, 0);
        _heldZeros += count - length;
        (_start, _end) = (0, length);
    }
}
