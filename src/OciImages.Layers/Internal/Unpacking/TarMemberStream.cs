using OciImages.Layers.Tar;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>The content of one member of a tar as a file would have it: holes of sparse files are read as zeros.</summary>
internal sealed class TarMemberStream(TarReader tar, TarEntry entry, Stream owned) : Stream
{
    private readonly IReadOnlyList<TarSparseSegment> _map = entry.SparseMap ?? [new TarSparseSegment(0, entry.Size)];
    private long _position;
    private int _segment;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => entry.Size;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_segment < _map.Count && _position >= _map[_segment].Offset + _map[_segment].Length)
            _segment++;
        long start = _segment < _map.Count ? _map[_segment].Offset : entry.Size;
        int read;
        if (_position < start)
        {
            read = (int)Math.Min(buffer.Length, start - _position);
            buffer.Span[..read].Clear();
        }
        else if (_segment == _map.Count)
        {
            return 0;
        }
        else
        {
            long left = start + _map[_segment].Length - _position;
            read = await tar.ReadAsync(buffer[..(int)Math.Min(buffer.Length, left)], cancellationToken).ConfigureAwait(false);
        }
        _position += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("This stream is read asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override async ValueTask DisposeAsync()
    {
        await owned.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            owned.Dispose();
        base.Dispose(disposing);
    }
}
