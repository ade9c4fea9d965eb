namespace OciImages.Images;

/// <summary>
/// By which manifests and indexes images came: what Docker has no place for, a push or a save with the same digests needs, and content that
/// may be collected must not be.
/// </summary>
public interface IImageOriginStore
{
    /// <summary>Adds an origin of an image; one that is there already (<see cref="ImageOrigin.IsSame"/>) becomes the newest.</summary>
    /// <param name="image">The image, of a SHA-256 ID.</param>
    /// <param name="origin">The origin.</param>
    /// <param name="cancellationToken">Cancels before the change.</param>
    /// <returns>A task that ends when the change is durable.</returns>
    /// <exception cref="StorageException">The disk refuses, or another process holds the lock for too long.</exception>
    ValueTask AddAsync(ImageId image, ImageOrigin origin, CancellationToken cancellationToken = default);

    /// <summary>Reads the origins of an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The origins, oldest first; empty when none is known, as for an image that was built or imported.</returns>
    /// <exception cref="StorageException">The record is damaged (<see cref="OciErrorKind.Corrupt"/>), or the disk refuses.</exception>
    ValueTask<IReadOnlyList<ImageOrigin>> ReadAsync(ImageId image, CancellationToken cancellationToken = default);

    /// <summary>Lists the images that a record is there for, damaged or not, whether the images themselves are there or not.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The images, in no particular order.</returns>
    IAsyncEnumerable<ImageId> ListImagesAsync(CancellationToken cancellationToken = default);

    /// <summary>Forgets the origins of an image, as when the image is deleted.</summary>
    /// <param name="image">The image.</param>
    /// <param name="cancellationToken">Cancels before the change.</param>
    /// <returns>Whether there was a record; when true, the change is durable.</returns>
    ValueTask<bool> DeleteAsync(ImageId image, CancellationToken cancellationToken = default);
}
