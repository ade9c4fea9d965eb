namespace OciImages.Layers.Compression;

/// <summary>How the tar of a layer is compressed.</summary>
public enum LayerCompressionKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>gzip (RFC 1952).</summary>
    Gzip,

    /// <summary>Zstandard (RFC 8878).</summary>
    Zstd,
}
