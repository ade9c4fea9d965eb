namespace OciImages.Usage;

/// <summary>The sum over things of one kind.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="Size">Their size in bytes.</param>
/// <param name="Reclaimable">How many bytes <c>prune</c> of everything unused would free.</param>
public sealed record DiskUsageTotal(int Count, long Size, long Reclaimable);
