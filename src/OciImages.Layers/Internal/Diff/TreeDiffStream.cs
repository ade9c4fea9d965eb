using System.Buffers;
using Microsoft.Extensions.Logging;
using OciImages.Layers.Compression;
using OciImages.Layers.Diff;
using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Internal.Diff;

/// <summary>The tar of a diff, made while it is read: the walk goes on whenever the buffer is empty, on a thread of the pool.</summary>
internal sealed class TreeDiffStream : ForwardStream
{
    internal const int BufferSize = 256 * 1024;

    private static readonly byte[] Zeros = new byte[2 * TarHeader.BlockSize];

    private readonly TreeWalk _walk;
    private readonly IEnumerator<DiffItem> _items;
    private readonly DiffEntries _entries;
    private readonly TarHeaderWriter _headers = new(subSecondTimes: false);
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _start, _end;

    // What comes before the next item: blocks that are ready, then content, then padding.
    private ReadOnlyMemory<byte> _blocks;
    private FileDescriptor? _file;
    private long _left;
    private int _padding;
    private bool _ended, _broken;

    internal TreeDiffStream(TreePair trees, TreeDiffOptions options, ILogger logger)
        : base(Null)
    {
        _walk = new TreeWalk(trees.ForTar, options, logger);
        _items = _walk.Run().GetEnumerator();
        _entries = new DiffEntries(_walk.Attributes);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_buffer.Length == 0, this);
        if (_start == _end && !buffer.IsEmpty)
        {
            // A tar that lacks a part must not look like a whole one.
            if (_broken)
                throw new InvalidOperationException("A diff cannot be read on after an error.");
            _broken = true;
            await Task.Run(() => Fill(cancellationToken), cancellationToken).ConfigureAwait(false);
            _broken = false;
        }
        int count = Math.Min(buffer.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(buffer.Span);
        _start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _buffer.Length > 0)
        {
            _items.Dispose();
            _file?.Dispose();
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
            _start = _end = 0;
        }
        base.Dispose(disposing);
    }

    private void Fill(CancellationToken cancellationToken)
    {
        _walk.CancellationToken = cancellationToken;
        (_start, _end) = (0, 0);
        while (_end < _buffer.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var free = _buffer.AsSpan(_end);
            if (!_blocks.IsEmpty)
            {
                int count = Math.Min(free.Length, _blocks.Length);
                _blocks.Span[..count].CopyTo(free);
                _blocks = _blocks[count..];
                _end += count;
            }
            else if (_left > 0)
            {
                ReadContent(free);
            }
            else if (_padding > 0)
            {
                _blocks = Zeros.AsMemory(0, _padding);
                _padding = 0;
            }
            else if (_ended)
            {
                break;
            }
            else
            {
                Advance();
            }
        }
    }

    private void ReadContent(Span<byte> free)
    {
        OpenNode node = _items.Current.Node!;
        _file ??= node.OpenContent();
        int wanted = (int)Math.Min(free.Length, _left);
        int count = FileReading.Fill(_file, free[..wanted], node);
        if (count < wanted)
            throw new OciException(OciErrorKind.Conflict, $"Cannot make a layer of {node}: the file became shorter while it was read.");
        _end += count;
        _left -= count;
        if (_left > 0)
            return;
        _file.Dispose();
        _file = null;
    }

    private void Advance()
    {
        _ended = !_items.MoveNext();
        if (_ended)
        {
            _blocks = Zeros;
            return;
        }
        TarEntry entry = _entries.Make(_items.Current);
        _blocks = _headers.Write(entry);
        _left = entry.Size;
        _padding = (int)(-entry.Size & (TarHeader.BlockSize - 1));
    }
}
