namespace OciImages.Events;

/// <summary>Something that happened to an image.</summary>
/// <param name="Type">What happened.</param>
/// <param name="ImageId">The image.</param>
/// <param name="Reference">The reference it happened by, in familiar form.</param>
/// <param name="Time">When.</param>
public sealed record ImageEvent(ImageEventType Type, ImageId ImageId, string Reference, DateTimeOffset Time);
