using OciImages.Usage;

namespace OciImages;

/// <summary>Tells what takes up room in a data root, as <c>docker system df</c> does.</summary>
public interface IDiskUsage
{
    /// <summary>Counts layers, writable layers and content, and what of them could go.</summary>
    /// <param name="cancellationToken">Cancels the count.</param>
    /// <returns>The usage at about the time of the call; others may work meanwhile.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    Task<DiskUsage> GetDiskUsageAsync(CancellationToken cancellationToken = default);
}
