namespace OciImages.Layers.Tar;

/// <summary>A run of stored bytes of a sparse file.</summary>
/// <param name="Offset">Where in the file it goes.</param>
/// <param name="Length">How many bytes it has.</param>
public readonly record struct TarSparseSegment(long Offset, long Length);
