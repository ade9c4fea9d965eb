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

    /// <summary>
    /// Mounts an image's merged tree, read-only, until <see cref="UnmountAsync"/>: also beyond this process's end. Mounting an image that
    /// is mounted at the default place does nothing.
    /// </summary>
    /// <param name="referenceOrId">A reference, or an ID or its beginning.</param>
    /// <param name="directory">Where; null for the image's own directory below the data root.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The absolute path of the tree's root.</returns>
    /// <exception cref="OciException">As for <see cref="MountAsync"/>; or something is mounted on the directory (<see cref="OciErrorKind.Conflict"/>).</exception>
    ValueTask<string> KeepMountedAsync(string referenceOrId, string? directory = null, CancellationToken cancellationToken = default);

    /// <summary>Undoes <see cref="KeepMountedAsync"/>.</summary>
    /// <param name="directoryOrImage">The directory, or the image when it is mounted at the default place.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The path that was unmounted; null when there was no mount.</returns>
    /// <exception cref="OciException">It is neither a directory nor an image (<see cref="OciErrorKind.NotFound"/>), or the kernel refuses.</exception>
    ValueTask<string?> UnmountAsync(string directoryOrImage, CancellationToken cancellationToken = default);

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
