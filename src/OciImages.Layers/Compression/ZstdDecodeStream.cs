using ZstdSharp;
using ZstdSharp.Unsafe;

namespace OciImages.Layers.Compression;

/// <summary>Unpacks zstd frames, one after another, with skippable ones between them (RFC 8878).</summary>
internal sealed class ZstdDecodeStream : ForwardStream
{
    private const int BufferSize = 128 << 10;
    private const int MinWindowLog = 10, MaxWindowLog = 31;

    private readonly DecompressionStream _zstd;

    /// <summary>Makes a stream.</summary>
    /// <param name="compressed">The frames; disposed with this stream.</param>
    /// <param name="windowLog">The base-2 logarithm of the largest window.</param>
    public ZstdDecodeStream(Stream compressed, int windowLog)
        : this(new DecompressionStream(compressed, BufferSize, checkEndOfStream: true, leaveOpen: false), windowLog)
    {
    }

    private ZstdDecodeStream(DecompressionStream zstd, int windowLog)
        : base(zstd)
    {
        _zstd = zstd;
        zstd.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, Math.Clamp(windowLog, MinWindowLog, MaxWindowLog));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        try
        {
            return await _zstd.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (ZstdException e) when (e.Code == ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge)
        {
            throw new OciException(OciErrorKind.InvalidInput, "The zstd of the layer is refused: it asks for a window above the limit.", e);
        }
        catch (ZstdException e)
        {
            throw new OciException(OciErrorKind.Corrupt, $"The zstd of the layer is damaged: {e.Message}.", e);
        }
        catch (EndOfStreamException e)
        {
            throw new OciException(OciErrorKind.Corrupt, "The zstd of the layer is truncated.", e);
        }
    }
}
