using OciImages.Removal;

namespace OciImages;

/// <summary>What a host runs on images: such images are not removed.</summary>
public interface IImageUsage
{
    /// <summary>Lists what uses an image.</summary>
    /// <param name="imageId">The image.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Its users; empty for none.</returns>
    ValueTask<IReadOnlyList<ImageUser>> ListUsersAsync(ImageId imageId, CancellationToken cancellationToken = default);
}
