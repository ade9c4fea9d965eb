using OciImages.Catalog;

namespace OciImages.Usage;

/// <summary>What an image takes up.</summary>
/// <param name="Image">The image; its size is that of all its layers.</param>
/// <param name="SharedSize">The size in bytes of those of its layers that are part of another image too.</param>
/// <param name="Users">How many containers or other users it has (<see cref="IImageUsage"/>).</param>
public sealed record ImageDiskUsage(ImageSummary Image, long SharedSize, int Users)
{
    /// <summary>The size in bytes of the layers that only this image has: what removing it would free.</summary>
    public long UniqueSize => Image.Size - SharedSize;
}
