namespace OciImages.Images.Internal;

/// <summary>What is kept of what is noted of an image.</summary>
/// <param name="Id">The image.</param>
/// <param name="Modified">When the folder with the notes was changed last, in UTC ticks.</param>
/// <param name="Parent">The parent that was noted then; null for none.</param>
internal sealed record ParentRecord(ImageId Id, long Modified, ImageId? Parent);
