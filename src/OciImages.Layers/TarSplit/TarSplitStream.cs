using OciImages.Layers.Compression;
using OciImages.Layers.Tar;

namespace OciImages.Layers.TarSplit;

/// <summary>The stream of <see cref="TarSplitReader"/>: segments and files in turn.</summary>
internal sealed class TarSplitStream(Stream records, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<Stream>> openFile)
    : ForwardStream(records)
{
    private readonly TarSplitLineReader _lines = new(records);
    private readonly TarSplitEntry _entry = new();
    private readonly byte[] _probe = new byte[1];
    private ReadOnlyMemory<byte> _segment;
    private Stream? _file;
    private long _fileRest;
    private Crc64 _checksum;
    private bool _ended;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return new(0);
        return _segment.IsEmpty ? ReadNextAsync(buffer, cancellationToken) : new(TakeSegment(buffer.Span));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file?.Dispose();
            _file = null;
            _lines.Dispose();
        }
        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadNextAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_file is not null)
                return await ReadFileAsync(_file, buffer, cancellationToken).ConfigureAwait(false);
            if (_ended)
                return 0;
            ReadOnlyMemory<byte> line = await _lines.ReadLineAsync(cancellationToken).ConfigureAwait(false);
            _ended = line.IsEmpty;
            if (_ended)
                return 0;
            _entry.Parse(line.Span);
            if (_entry.IsFile && _entry.Size > 0)
            {
                _file = await OpenFileAsync(cancellationToken).ConfigureAwait(false);
                (_fileRest, _checksum) = (_entry.Size, default);
            }
            else if (!_entry.IsFile && !_entry.Payload.IsEmpty)
            {
                _segment = _entry.Payload;
                return TakeSegment(buffer.Span);
            }
        }
    }

    private async ValueTask<Stream> OpenFileAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await openFile(_entry.Name, cancellationToken).ConfigureAwait(false);
        }
        catch (OciException e) when (e.Kind is OciErrorKind.NotFound or OciErrorKind.InvalidInput)
        {
            // Gone, or recorded under a name that no layer can have: the reader of a layer asked for neither.
            throw Corrupt(e.Message.TrimEnd('.'), e);
        }
    }

    private int TakeSegment(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _segment.Length);
        _segment.Span[..count].CopyTo(buffer);
        _segment = _segment[count..];
        return count;
    }

    private async ValueTask<int> ReadFileAsync(Stream file, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int most = (int)Math.Min(buffer.Length, _fileRest);
        int count = await file.ReadAsync(buffer[..most], cancellationToken).ConfigureAwait(false);
        if (count == 0)
            throw Corrupt($"it has {_entry.Size - _fileRest} bytes and not {_entry.Size}");
        _checksum.Append(buffer.Span[..count]);
        _fileRest -= count;
        if (_fileRest > 0)
            return count;
        if (await file.ReadAsync(_probe, cancellationToken).ConfigureAwait(false) != 0)
            throw Corrupt($"it has more than {_entry.Size} bytes");
        if (_checksum.Value != _entry.Checksum)
            throw Corrupt("its content has changed");
        await CloseFileAsync().ConfigureAwait(false);
        return count;
    }

    private async ValueTask CloseFileAsync()
    {
        if (_file is { } file)
        {
            _file = null;
            await file.DisposeAsync().ConfigureAwait(false);
        }
    }

    private OciException Corrupt(string problem, Exception? cause = null) =>
        new(OciErrorKind.Corrupt, $"file integrity checksum failed for {TarError.Quote(_entry.Name)}: {problem}.", cause);
}
