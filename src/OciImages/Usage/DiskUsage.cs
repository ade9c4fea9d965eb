namespace OciImages.Usage;

/// <summary>What takes up room in a data root. All sizes are in bytes, those of layers as Docker counts them: the files, not the blocks on disk.</summary>
/// <param name="Images">The images, newest first.</param>
/// <param name="Layers">The layers, shared ones once. Reclaimable are those that no image with a user stands on.</param>
/// <param name="WritableLayers">The writable layers, such as those of a dockerd's containers, by name.</param>
/// <param name="Content">Blobs, manifests and configs. Reclaimable is what only images without a user need, or nothing.</param>
/// <param name="Ingests">Content that has not arrived yet. Reclaimable is what has not been written for a day.</param>
public sealed record DiskUsage(
    IReadOnlyList<ImageDiskUsage> Images,
    DiskUsageTotal Layers,
    IReadOnlyList<WritableLayerDiskUsage> WritableLayers,
    DiskUsageTotal Content,
    DiskUsageTotal Ingests);
