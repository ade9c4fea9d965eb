namespace OciImages.Layers;

/// <summary>A committed layer.</summary>
/// <param name="ChainId">Its identity together with all layers below.</param>
/// <param name="DiffId">Its own identity.</param>
/// <param name="Parent">The layer below; null for a base layer.</param>
/// <param name="Size">The size in bytes of the files of this layer alone, counted as Docker counts it.</param>
public sealed record LayerInfo(ChainId ChainId, DiffId DiffId, ChainId? Parent, long Size)
{
    /// <summary>The driver's name for the layer; Docker's <c>cache-id</c>.</summary>
    public required string CacheId { get; init; }
}
