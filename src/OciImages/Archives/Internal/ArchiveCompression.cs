using OciImages.Layers.Compression;

namespace OciImages.Archives.Internal;

/// <summary>Archives as a whole may be compressed, as layers may.</summary>
internal static class ArchiveCompression
{
    /// <summary>Whether an archive is a plain tar, by its first bytes.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> start) => LayerCompression.Detect(start) == LayerCompressionKind.None;

    /// <summary>Opens an archive; the caller's stream stays open.</summary>
    public static ValueTask<Stream> OpenAsync(Stream archive, CancellationToken cancellationToken) =>
        LayerCompression.OpenAsync(new OpenStream(archive), cancellationToken);

    /// <summary>Opens an archive with limits of the caller's.</summary>
    public static ValueTask<Stream> OpenAsync(Stream archive, LayerCompressionOptions limits, CancellationToken cancellationToken) =>
        LayerCompression.OpenAsync(new OpenStream(archive), limits, cancellationToken);

    private sealed class OpenStream(Stream inner) : ReadOnlyForwardStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.ReadAsync(buffer, cancellationToken);
    }
}
