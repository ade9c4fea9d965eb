namespace OciImages.Removal;

/// <summary>An image that a prune could not remove.</summary>
/// <param name="Id">The image.</param>
/// <param name="Reason">What stood in the way.</param>
public sealed record BlockedImage(ImageId Id, string Reason);
