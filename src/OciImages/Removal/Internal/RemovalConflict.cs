namespace OciImages.Removal.Internal;

/// <summary>Something that stands in the way of a removal.</summary>
/// <param name="Image">The image.</param>
/// <param name="IsHard">Whether it does even with force.</param>
/// <param name="IsUsed">Whether it is a container.</param>
/// <param name="What">What it is.</param>
internal sealed record RemovalConflict(ImageId Image, bool IsHard, bool IsUsed, string What)
{
    public OciException ToException() => new(
        OciErrorKind.Conflict, $"conflict: unable to delete {Image.Value.Hex[..12]} ({(IsHard ? "cannot be forced" : "must be forced")}) - {What}");
}
