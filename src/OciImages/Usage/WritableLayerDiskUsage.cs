namespace OciImages.Usage;

/// <summary>What a writable layer takes up.</summary>
/// <param name="Name">Its name, which for a dockerd's is the container's ID.</param>
/// <param name="Parent">The layer that it stands on; null for none.</param>
/// <param name="Size">The size in bytes of what was written to it; null when that cannot be counted.</param>
public sealed record WritableLayerDiskUsage(string Name, ChainId? Parent, long? Size);
