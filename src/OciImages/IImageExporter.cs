namespace OciImages;

/// <summary>Writes the file trees of images.</summary>
public interface IImageExporter
{
    /// <summary>Writes an image's merged tree as one uncompressed tar, without layers and whiteouts. Equal trees give equal bytes.</summary>
    /// <param name="referenceOrId">A reference, or an ID or its beginning.</param>
    /// <param name="destination">Where it goes, from the start to the end without seeking; not disposed.</param>
    /// <param name="cancellationToken">Cancels; the tar then has no end.</param>
    /// <returns>A task that ends when everything is written.</returns>
    /// <exception cref="OciException">
    /// There is no such image (<see cref="OciErrorKind.NotFound"/>), or the storage driver cannot mount (<see cref="OciErrorKind.Unsupported"/>).
    /// </exception>
    /// <exception cref="StorageException">The disk refuses.</exception>
    Task ExportAsync(string referenceOrId, Stream destination, CancellationToken cancellationToken = default);
}
