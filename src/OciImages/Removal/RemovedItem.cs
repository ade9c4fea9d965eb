namespace OciImages.Removal;

/// <summary>One thing that a removal took away; just one of the members has a value.</summary>
public sealed record RemovedItem
{
    /// <summary>The reference that names nothing any more, in familiar form.</summary>
    public string? Untagged { get; init; }

    /// <summary>The ID of the image, or the ChainID of the layer, that is gone.</summary>
    public Digest? Deleted { get; init; }
}
