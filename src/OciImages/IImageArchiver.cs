using OciImages.Archives;

namespace OciImages;

/// <summary>Moves images in and out of a data root as archives.</summary>
public interface IImageArchiver
{
    /// <summary>
    /// Writes images as one tar that is both an OCI image layout and what <c>docker load</c> reads. Equal images give equal bytes.
    /// </summary>
    /// <param name="names">
    /// References, IDs or unambiguous prefixes of IDs; one or more. A name without tag stands for every tag of its repository, as in Docker.
    /// </param>
    /// <param name="destination">Where it goes, from the start to the end without seeking; not disposed.</param>
    /// <param name="options">What is written; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels; the archive then has no end.</param>
    /// <returns>A task that ends when everything is written.</returns>
    /// <exception cref="OciException">
    /// There is no such image (<see cref="OciErrorKind.NotFound"/>), or what is stored of it is damaged (<see cref="OciErrorKind.Corrupt"/>).
    /// </exception>
    Task SaveAsync(IReadOnlyList<string> names, Stream destination, SaveOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads the images of an archive: what <c>docker save</c> of any version since 1.10, <c>podman save</c>, <c>skopeo copy</c> or
    /// <see cref="SaveAsync"/> wrote, or a tar of an OCI image layout; plain or compressed with gzip or zstd.
    /// </summary>
    /// <param name="archive">
    /// The archive, at its start; not disposed. A <see cref="FileStream"/> is read where it has what is missing here; everything else is read
    /// once, forward, without a copy on the disk.
    /// </param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels; nothing of the archive stays.</param>
    /// <returns>The images, in the archive's order. A tag that named another image now names the loaded one.</returns>
    /// <exception cref="OciException">
    /// It is no such archive, or a malformed one (<see cref="OciErrorKind.InvalidInput"/>); its content is not what its digests say
    /// (<see cref="OciErrorKind.Corrupt"/>); or it is for another operating system or in a format that is not read
    /// (<see cref="OciErrorKind.Unsupported"/>). Nothing of the archive stays then.
    /// </exception>
    Task<IReadOnlyList<LoadedImage>> LoadAsync(Stream archive, LoadOptions? options = null, CancellationToken cancellationToken = default);
}
