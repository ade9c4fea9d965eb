namespace OciImages.Layers.Compression;

/// <summary>The limits for unpacking a compressed layer.</summary>
public sealed class LayerCompressionOptions
{
    /// <summary>The largest window that a zstd frame may ask for, in bytes; it is memory that the stream holds.</summary>
    /// <value>128 MiB by default, as in the zstd program; rounded down to a power of two from 1 KiB to 2 GiB.</value>
    public long MaxZstdWindowSize { get; set; } = 128L << 20;

    /// <summary>The most bytes that a layer may unpack to, or null for no limit.</summary>
    /// <value>null by default.</value>
    public long? MaxDecompressedSize { get; set; }
}
