namespace OciImages.Pull;

/// <summary>What a pull brought.</summary>
/// <param name="Reference">The reference that was pulled, with the tag it had or was given.</param>
/// <param name="ImageId">The image.</param>
/// <param name="Digest">The digest of what the reference names in the registry: for a multi-platform image, the index.</param>
/// <param name="IsUpToDate">Whether everything was here already and the reference named the image before.</param>
public sealed record PullResult(ImageReference Reference, ImageId ImageId, Digest Digest, bool IsUpToDate)
{
    /// <summary>What the user should know, such as an image for another processor; one sentence each.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
