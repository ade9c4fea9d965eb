using System.Buffers;
using OciImages.Layers.Compression;

namespace OciImages.Layers.Internal;

/// <summary>A forward-only stream whose bytes are handed to somebody else as they are read. Does not dispose the source.</summary>
internal sealed class TeeStream(Stream source, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> take) : ForwardStream(Null)
{
    private const int DrainSize = 128 * 1024;

    /// <summary>Reads, and so hands on, all that is left.</summary>
    internal async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(DrainSize);
        try
        {
            while (await ReadAsync(buffer, cancellationToken).ConfigureAwait(false) > 0)
            {
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (read > 0)
            await take(buffer[..read], cancellationToken).ConfigureAwait(false);
        return read;
    }
}
