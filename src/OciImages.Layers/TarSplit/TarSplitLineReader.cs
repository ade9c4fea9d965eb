using System.Buffers;

namespace OciImages.Layers.TarSplit;

/// <summary>Splits a stream into lines, each in one piece of memory that is valid until the next is read.</summary>
internal sealed class TarSplitLineReader(Stream stream) : IDisposable
{
    // dockerd writes segments of up to 1 MiB, older versions longer ones.
    private const int MaxLineLength = 16 << 20;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
    private int _start, _end;
    private bool _ended;

    /// <summary>The next line that is not empty, without its newline; empty at the end.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadLineAsync(CancellationToken cancellationToken)
    {
        int searched = 0;
        while (true)
        {
            int length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (length >= 0 || _ended)
            {
                length = length < 0 ? _end - _start : length + searched;
                ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, length);
                _start = Math.Min(_start + length + 1, _end);
                searched = 0;
                if (line.Span.ContainsAnyExcept(" \t\r"u8))
                    return line;
                if (_ended && _start == _end)
                    return default;
                continue;
            }
            searched = _end - _start;
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives the buffer back; the stream is its owner's.</summary>
    public void Dispose()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        (_start, _end, _ended) = (0, 0, true);
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        int length = _end - _start;
        if (length > MaxLineLength)
            throw new OciException(OciErrorKind.Corrupt, $"The tar-split file of a layer has a line of more than {MaxLineLength} bytes.");
        byte[] target = length > _buffer.Length / 2 ? ArrayPool<byte>.Shared.Rent(2 * _buffer.Length) : _buffer;
        _buffer.AsSpan(_start, length).CopyTo(target);
        if (target != _buffer)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end) = (target, 0, length);
        int count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _ended = count == 0;
        _end += count;
    }
}
