namespace OciImages.Removal;

/// <summary>What a prune removed, or in a dry run would remove.</summary>
/// <param name="Items">References, images and layers, in order.</param>
/// <param name="SpaceReclaimed">The size in bytes of the files of the layers that went; Docker's number.</param>
/// <param name="ContentReclaimed">The size in bytes of the blobs and unfinished downloads that went besides.</param>
/// <param name="Blocked">Images that fit, but that something stood in the way of.</param>
public sealed record PruneResult(
    IReadOnlyList<RemovedItem> Items, long SpaceReclaimed, long ContentReclaimed, IReadOnlyList<BlockedImage> Blocked);
