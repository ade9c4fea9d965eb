namespace OciImages.Layers.Tar;

/// <summary>The limits that a <see cref="TarReader"/> sets to what a hostile tar can make it hold in memory.</summary>
public sealed class TarReaderOptions
{
    /// <summary>The largest PAX extended header, in bytes.</summary>
    /// <value>1 MiB by default, as in Docker.</value>
    public int MaxPaxHeaderSize { get; set; } = 1 << 20;

    /// <summary>The longest name or link target of a member, in bytes.</summary>
    /// <value>64 KiB by default; Linux takes paths of up to 4,095 bytes.</value>
    public int MaxNameLength { get; set; } = 64 << 10;

    /// <summary>The most bytes that names and values of one member's extended attributes take together.</summary>
    /// <value>1 MiB by default; Linux takes up to 64 KiB for one value.</value>
    public int MaxExtendedAttributesSize { get; set; } = 1 << 20;

    /// <summary>The most runs of stored bytes that a sparse file may have.</summary>
    /// <value>262,144 by default.</value>
    public int MaxSparseSegments { get; set; } = 1 << 18;

    /// <summary>The most members that a tar may have.</summary>
    /// <value>10,000,000 by default.</value>
    public long MaxEntries { get; set; } = 10_000_000;
}
