namespace OciImages.References;

/// <summary>Which image each tag and digest reference names.</summary>
/// <remarks>
/// A reference with both tag and digest is stored and found by its digest alone, as Docker does. A reference with neither is refused
/// (<see cref="ArgumentException"/>): callers add the default tag first.
/// </remarks>
public interface IReferenceStore
{
    /// <summary>Finds the image that a reference names.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The image, or null.</returns>
    ValueTask<ImageId?> FindAsync(ImageReference reference, CancellationToken cancellationToken = default);

    /// <summary>Makes a reference name an image.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="imageId">The image.</param>
    /// <param name="mode">What to do when it names another image.</param>
    /// <param name="cancellationToken">Cancels before the change.</param>
    /// <returns>A task that ends when the change is durable.</returns>
    /// <exception cref="OciException">
    /// The reference names another image and <paramref name="mode"/> forbids to move it, or it is a digest, which never moves
    /// (<see cref="OciErrorKind.Conflict"/>); the name is reserved (<see cref="OciErrorKind.InvalidInput"/>).
    /// </exception>
    ValueTask SetAsync(
        ImageReference reference, ImageId imageId, ReferenceWrite mode = ReferenceWrite.Replace, CancellationToken cancellationToken = default);

    /// <summary>Removes a reference.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="cancellationToken">Cancels before the change.</param>
    /// <returns>Whether it was there; when true, the change is durable.</returns>
    ValueTask<bool> RemoveAsync(ImageReference reference, CancellationToken cancellationToken = default);

    /// <summary>Lists references.</summary>
    /// <param name="imageId">Only those that name this image; null for all.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The references, ordered by their full text.</returns>
    IAsyncEnumerable<ReferenceEntry> ListAsync(ImageId? imageId = null, CancellationToken cancellationToken = default);
}
