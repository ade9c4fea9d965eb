using System.Numerics;

namespace OciImages.Layers.Compression;

/// <summary>Unpacks the blobs of layers. What a blob is its first bytes say, as in Docker, whatever its media type says.</summary>
public static class LayerCompression
{
    private const int PrefixLength = 10;

    private static readonly LayerCompressionOptions Defaults = new();

    private static ReadOnlySpan<byte> GzipMagic => [0x1f, 0x8b, 0x08];

    private static ReadOnlySpan<byte> ZstdMagic => [0x28, 0xb5, 0x2f, 0xfd];

    // After a first byte from 0x50 to 0x5f.
    private static ReadOnlySpan<byte> SkippableMagic => [0x2a, 0x4d, 0x18];

    private static ReadOnlySpan<byte> XzMagic => [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];

    // Pi, and its root.
    private static ReadOnlySpan<byte> Bzip2Block => [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];

    private static ReadOnlySpan<byte> Bzip2End => [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

    /// <summary>Opens a layer with the default limits.</summary>
    /// <param name="blob">The blob, at its start; disposed by the returned stream, and by this call when it throws.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The tar; see the other overload.</returns>
    public static ValueTask<Stream> OpenAsync(Stream blob, CancellationToken cancellationToken = default) =>
        OpenAsync(blob, Defaults, cancellationToken);

    /// <summary>Opens a layer.</summary>
    /// <param name="blob">The blob, at its start; disposed by the returned stream, and by this call when it throws.</param>
    /// <param name="options">The limits.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>
    /// The uncompressed tar: a stream to be read forward, asynchronously only. At its end the blob has been read to its end. It reads the blob
    /// in pieces of about 128 KiB. A read throws <see cref="OciException"/> when the blob is truncated, has a wrong checksum or has something
    /// behind its end (<see cref="OciErrorKind.Corrupt"/>; zeros behind a gzip are let pass, as gzip itself does), or exceeds a limit
    /// (<see cref="OciErrorKind.InvalidInput"/>). An empty blob is an empty tar.
    /// </returns>
    /// <exception cref="OciException">The blob is compressed with bzip2 or xz (<see cref="OciErrorKind.Unsupported"/>), or is shorter than the first
    /// bytes of its format (<see cref="OciErrorKind.Corrupt"/>).</exception>
    public static async ValueTask<Stream> OpenAsync(Stream blob, LayerCompressionOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(blob);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxZstdWindowSize);
        try
        {
            byte[] prefix = new byte[PrefixLength];
            int length = await blob.ReadAtLeastAsync(prefix, PrefixLength, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            var whole = new PrefixedStream(prefix.AsMemory(0, length), blob);
            Stream tar = Detect(prefix.AsSpan(0, length)) switch
            {
                LayerCompressionKind.Gzip => new GzipDecodeStream(whole, "layer"),
                LayerCompressionKind.Zstd => new ZstdDecodeStream(whole, BitOperations.Log2((ulong)options.MaxZstdWindowSize)),
                _ => whole,
            };
            return options.MaxDecompressedSize is { } limit ? new LimitedStream(tar, limit) : tar;
        }
        catch
        {
            await blob.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The compression that a layer's media type names.</summary>
    /// <param name="mediaType">The media type, without parameters.</param>
    /// <returns>The compression, or null when it is not the media type of a layer.</returns>
    public static LayerCompressionKind? FromMediaType(string? mediaType) => mediaType switch
    {
        MediaTypes.OciLayer or MediaTypes.OciForeignLayer or MediaTypes.DockerLayer => LayerCompressionKind.None,
        MediaTypes.OciLayerGzip or MediaTypes.OciForeignLayerGzip or MediaTypes.DockerLayerGzip or MediaTypes.DockerForeignLayer
            => LayerCompressionKind.Gzip,
        MediaTypes.OciLayerZstd or MediaTypes.OciForeignLayerZstd or MediaTypes.DockerLayerZstd => LayerCompressionKind.Zstd,
        _ => null,
    };

    /// <summary>Tells the compression by the first bytes.</summary>
    /// <param name="start">The first 10 bytes, or all of a shorter blob.</param>
    /// <returns>The compression; <see cref="LayerCompressionKind.None"/> for what looks like none.</returns>
    /// <exception cref="OciException">It is bzip2 or xz (<see cref="OciErrorKind.Unsupported"/>), or the blob ends within the first bytes of its
    /// format (<see cref="OciErrorKind.Corrupt"/>).</exception>
    public static LayerCompressionKind Detect(ReadOnlySpan<byte> start)
    {
        if (StartsLike(start, GzipMagic, "gzip"))
            return LayerCompressionKind.Gzip;
        if (StartsLike(start, ZstdMagic, "zstd") || IsSkippableFrame(start))
            return LayerCompressionKind.Zstd;
        if (start.StartsWith(XzMagic))
            throw new OciException(OciErrorKind.Unsupported, "The layer is compressed with xz, which is not supported.");
        // A name may begin with "BZh" too; none goes on like the first block of a bzip2, or like the end of an empty one.
        if (start.Length >= 10 && start.StartsWith("BZh"u8) && (start[4..].SequenceEqual(Bzip2Block) || start[4..].SequenceEqual(Bzip2End)))
            throw new OciException(OciErrorKind.Unsupported, "The layer is compressed with bzip2, which is not supported.");
        return LayerCompressionKind.None;
    }

    private static bool StartsLike(ReadOnlySpan<byte> start, ReadOnlySpan<byte> magic, string format)
    {
        if (start.StartsWith(magic))
            return true;
        if (!start.IsEmpty && magic.StartsWith(start))
            throw new OciException(OciErrorKind.Corrupt, $"The layer is truncated: it has the first {start.Length} bytes of a {format} and no more.");
        return false;
    }

    private static bool IsSkippableFrame(ReadOnlySpan<byte> start) =>
        start.Length >= 4 && (start[0] & 0xf0) == 0x50 && start[1..4].SequenceEqual(SkippableMagic);
}
