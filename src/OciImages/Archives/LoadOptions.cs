using OciImages.Transfers;

namespace OciImages.Archives;

/// <summary>How an archive is loaded.</summary>
public sealed class LoadOptions
{
    /// <summary>Which image of an index is loaded, where an archive names an index.</summary>
    /// <value>Default: null, for this machine's.</value>
    public Platform? Platform { get; set; }

    /// <summary>How many layers are unpacked at the same time, where the archive is a file; 1 or more.</summary>
    /// <value>Default: 3.</value>
    public int MaxConcurrentLayers { get; set; } = 3;

    /// <summary>How many bytes any layer may unpack to; a guard against decompression bombs.</summary>
    /// <value>Default: 32 GiB.</value>
    public long MaxUnpackedSize { get; set; } = 32L << 30;

    /// <summary>Is told of every layer that was missing, by its DiffID, in order; never at the same time from two threads.</summary>
    /// <value>Default: null, for nobody.</value>
    public IProgress<TransferProgress>? Progress { get; set; }
}
