using OciImages.Layers;

namespace OciImages;

/// <summary>Gives access to the files of images.</summary>
public interface IImageFileSystems
{
    /// <summary>Mounts an image's merged tree, read-only.</summary>
    /// <param name="referenceOrId">A reference, or an ID or its beginning.</param>
    /// <param name="options">Where; null for a new directory.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The mount; disposing it unmounts.</returns>
    /// <exception cref="OciException">
    /// There is no such image (<see cref="OciErrorKind.NotFound"/>), or the storage driver cannot mount (<see cref="OciErrorKind.Unsupported"/>).
    /// </exception>
    ValueTask<Mount> MountAsync(string referenceOrId, MountOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Writes an image's merged tree into a directory, layer by layer.</summary>
    /// <param name="referenceOrId">A reference, or an ID or its beginning.</param>
    /// <param name="directory">The directory; made when it is missing, otherwise empty.</param>
    /// <param name="cancellationToken">Cancels the work; what is written by then stays.</param>
    /// <returns>A task.</returns>
    /// <exception cref="OciException">
    /// There is no such image (<see cref="OciErrorKind.NotFound"/>), or the directory is not empty (<see cref="OciErrorKind.AlreadyExists"/>).
    /// </exception>
    Task UnpackAsync(string referenceOrId, string directory, CancellationToken cancellationToken = default);
}
