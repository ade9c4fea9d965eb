namespace OciImages.Removal;

/// <summary>How an image is removed.</summary>
public sealed class RemoveOptions
{
    /// <summary>
    /// Whether containers that do not run, and further references to an image that is named by its ID, stand not in the way. Images built on it and
    /// running containers always do.
    /// </summary>
    /// <value>Default: false.</value>
    public bool Force { get; set; }

    /// <summary>Whether the images that it was built on stay, though they have no name.</summary>
    /// <value>Default: false: they go as well, as far up as nothing else needs them.</value>
    public bool KeepParents { get; set; }

    /// <summary>Whether the content store is left as it is, such as when more is removed right after: a prune collects it later.</summary>
    /// <value>Default: false: blobs that nothing needs any more go.</value>
    public bool KeepContent { get; set; }
}
