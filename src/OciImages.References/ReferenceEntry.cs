namespace OciImages.References;

/// <summary>A reference and the image that it names.</summary>
/// <param name="Reference">The reference, with a tag or a digest.</param>
/// <param name="ImageId">The image.</param>
public sealed record ReferenceEntry(ImageReference Reference, ImageId ImageId);
