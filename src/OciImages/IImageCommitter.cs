using OciImages.Commit;

namespace OciImages;

/// <summary>Makes images of what was written to writable layers, as <c>docker commit</c> does.</summary>
public interface IImageCommitter
{
    /// <summary>Makes an image of a writable layer, on top of the image that the layer stands on. The writable layer stays as it is.</summary>
    /// <param name="layerName">The writable layer, such as <see cref="IContainerLayers"/> makes; Docker's is a container's ID.</param>
    /// <param name="options">What the image becomes; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels; nothing stays.</param>
    /// <returns>The image's ID. When nothing was written, the image has no layer of its own.</returns>
    /// <exception cref="OciException">
    /// There is no such layer, or its image is not here any more (<see cref="OciErrorKind.NotFound"/>); several images stand on the same layer
    /// and the options do not say which (<see cref="OciErrorKind.Conflict"/>); or the options are not good (<see cref="OciErrorKind.InvalidInput"/>).
    /// </exception>
    /// <exception cref="StorageException">The disk refuses.</exception>
    Task<ImageId> CommitAsync(string layerName, CommitOptions? options = null, CancellationToken cancellationToken = default);
}
