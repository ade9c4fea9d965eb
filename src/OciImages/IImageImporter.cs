using OciImages.Import;

namespace OciImages;

/// <summary>Makes images of root file systems, as <c>docker import</c> does.</summary>
public interface IImageImporter
{
    /// <summary>Makes an image of one layer.</summary>
    /// <param name="rootFileSystem">
    /// The tar of the tree, plain or compressed with gzip or zstd, at its start; read forward to its end, not disposed. Nothing at all is an empty tree.
    /// </param>
    /// <param name="options">What the image becomes; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels; nothing stays.</param>
    /// <returns>The image's ID.</returns>
    /// <exception cref="OciException">
    /// The options are not good, or the tar is malformed or leads out of the tree (<see cref="OciErrorKind.InvalidInput"/>); or it is compressed in
    /// another way, or holds what the driver cannot keep (<see cref="OciErrorKind.Unsupported"/>). Nothing stays.
    /// </exception>
    /// <exception cref="StorageException">The disk refuses.</exception>
    Task<ImageId> ImportAsync(Stream rootFileSystem, ImportOptions? options = null, CancellationToken cancellationToken = default);
}
