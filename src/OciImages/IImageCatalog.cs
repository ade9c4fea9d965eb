using OciImages.Catalog;

namespace OciImages;

/// <summary>Looks at the images of a store.</summary>
public interface IImageCatalog
{
    /// <summary>Lists images, newest first, as <c>docker image ls</c> does.</summary>
    /// <param name="options">Which images, and what of them; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The images; one that cannot be read is left out and logged.</returns>
    /// <exception cref="OciException">
    /// A pattern is malformed (<see cref="OciErrorKind.InvalidInput"/>), or an image that others are compared with is not here
    /// (<see cref="OciErrorKind.NotFound"/>).
    /// </exception>
    IAsyncEnumerable<ImageSummary> ListAsync(ListOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Finds an image's ID as Docker does: a full ID, else a reference, else the beginning of an ID.</summary>
    /// <param name="referenceOrId">A reference (without tag, <c>latest</c> is meant), or an ID or its beginning, with or without <c>sha256:</c>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The ID, or null. A reference may name an image that is not there any more.</returns>
    /// <exception cref="OciException">Several IDs begin so (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    ValueTask<ImageId?> FindIdAsync(string referenceOrId, CancellationToken cancellationToken = default);

    /// <summary>Finds an image by <see cref="FindIdAsync"/>.</summary>
    /// <param name="referenceOrId">A reference or ID.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The image, or null.</returns>
    /// <exception cref="OciException">The image's config is damaged (<see cref="OciErrorKind.Corrupt"/>).</exception>
    ValueTask<Image?> FindAsync(string referenceOrId, CancellationToken cancellationToken = default);

    /// <summary>Tells everything about an image, as <c>docker image inspect</c> does.</summary>
    /// <param name="referenceOrId">As for <see cref="FindIdAsync"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The details.</returns>
    /// <exception cref="OciException">There is no such image (<see cref="OciErrorKind.NotFound"/>), or it is damaged.</exception>
    ValueTask<ImageDetails> InspectAsync(string referenceOrId, CancellationToken cancellationToken = default);

    /// <summary>Tells how an image was made, newest step first, as <c>docker image history</c> does.</summary>
    /// <param name="referenceOrId">As for <see cref="FindIdAsync"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The steps.</returns>
    /// <exception cref="OciException">There is no such image (<see cref="OciErrorKind.NotFound"/>), or it is damaged.</exception>
    ValueTask<IReadOnlyList<ImageHistoryItem>> GetHistoryAsync(string referenceOrId, CancellationToken cancellationToken = default);
}
