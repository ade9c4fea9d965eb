namespace OciImages.Images;

/// <summary>What listings need of an image.</summary>
/// <param name="Id">The image.</param>
/// <param name="TopLayer">The topmost layer with everything below it; <c>default</c> when the image has no layers.</param>
/// <param name="Platform">What the image is for; empty strings where its config leaves it out.</param>
/// <param name="Created">When it was made; null when its config does not say.</param>
/// <param name="Labels">The labels of its config.</param>
public sealed record ImageInfo(
    ImageId Id, ChainId TopLayer, Platform Platform, DateTimeOffset? Created, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>The image that it was built on, as a local build notes it; it need not be in the store.</summary>
    /// <value>Default: null, for none.</value>
    public ImageId? Parent { get; init; }
}
