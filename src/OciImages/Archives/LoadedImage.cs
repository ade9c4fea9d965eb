namespace OciImages.Archives;

/// <summary>An image that an archive had.</summary>
/// <param name="Id">Its ID.</param>
/// <param name="References">The tags that the archive gave it, and which name it now; empty for none.</param>
public sealed record LoadedImage(ImageId Id, IReadOnlyList<ImageReference> References)
{
    /// <summary>Those of <see cref="References"/> that named another image before, with that image.</summary>
    public IReadOnlyDictionary<ImageReference, ImageId> Replaced { get; init; } = new Dictionary<ImageReference, ImageId>();
}
