namespace OciImages.Images.Internal;

/// <summary>The JSON of a file of origins.</summary>
internal sealed record OriginFile(List<OriginEntry>? Origins);
