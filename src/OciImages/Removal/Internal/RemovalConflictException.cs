namespace OciImages.Removal.Internal;

/// <summary>Something stands in the way of a removal.</summary>
/// <param name="image">The image.</param>
/// <param name="isHard">Whether it does even with force.</param>
/// <param name="isUsed">Whether it is a container.</param>
/// <param name="what">What.</param>
internal sealed class RemovalConflictException(ImageId image, bool isHard, bool isUsed, string what) : OciException(
    OciErrorKind.Conflict, $"conflict: unable to delete {image.Value.Hex[..12]} ({(isHard ? "cannot be forced" : "must be forced")}) - {what}")
{
    public bool IsUsed => isUsed;
}
