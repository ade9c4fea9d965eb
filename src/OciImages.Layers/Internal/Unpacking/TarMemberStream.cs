using OciImages.Layers.Compression;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>The content of one member of a tar as a file would have it: holes of sparse files are read as zeros.</summary>
/// <param name="tar">A reader that has just read the member.</param>
/// <param name="entry">The member.</param>
/// <param name="file">What the reader reads; disposed with this.</param>
internal sealed class TarMemberStream(TarReader tar, TarEntry entry, Stream file) : ForwardStream(file)
{
    private readonly IReadOnlyList<TarSparseSegment> _map = entry.SparseMap ?? [new TarSparseSegment(0, entry.Size)];
    private long _position;
    private int _segment;

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
}
