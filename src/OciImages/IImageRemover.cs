using OciImages.Removal;

namespace OciImages;

/// <summary>Takes names from images, and deletes images.</summary>
public interface IImageRemover
{
    /// <summary>
    /// Removes a reference, and with the last one the image and those of its layers and blobs that nothing else needs. By an ID, removes the image with
    /// its references, if these are one tag, or of one repository.
    /// </summary>
    /// <param name="referenceOrId">A reference, which gets <c>latest</c> without tag, an ID, or an unambiguous prefix of one.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels between steps; what is done by then stays done.</param>
    /// <returns>What went, in order, as Docker's <c>DELETE /images/{name}</c> tells it.</returns>
    /// <exception cref="OciException">
    /// There is no such image (<see cref="OciErrorKind.NotFound"/>); or something stands in the way
    /// (<see cref="OciErrorKind.Conflict"/>): a container, an image built on it, or more references than the one named.
    /// </exception>
    Task<IReadOnlyList<RemovedItem>> RemoveAsync(
        string referenceOrId, RemoveOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Removes all images that nothing uses, and what failed work left.</summary>
    /// <param name="options">Which images; null for those without tag.</param>
    /// <param name="cancellationToken">Cancels between images; what is done by then stays done.</param>
    /// <returns>What went, or in a dry run would go.</returns>
    /// <exception cref="OciException">Another call of this object is at it (<see cref="OciErrorKind.Conflict"/>).</exception>
    Task<PruneResult> PruneAsync(PruneOptions? options = null, CancellationToken cancellationToken = default);
}
