namespace OciImages.Content;

/// <summary>An open ingest; see <see cref="IContentStore"/> for the life of one.</summary>
/// <remarks>
/// Disposing it without a commit keeps the data for a later writer. After a commit that succeeds or drops the data, only
/// <see cref="IngestId"/>, <see cref="Offset"/> and <see cref="DisposeAsync"/> may be used. Not thread-safe.
/// </remarks>
public abstract class ContentWriter : IAsyncDisposable
{
    /// <summary>The id of the ingest.</summary>
    public abstract string IngestId { get; }

    /// <summary>Where bytes are written, at <see cref="Offset"/>. Not seekable; disposing it does nothing.</summary>
    /// <remarks>
    /// A write throws a <see cref="StorageException"/> when the disk refuses; what was written before is kept, and <see cref="Offset"/>
    /// says how much that is.
    /// </remarks>
    public abstract Stream Output { get; }

    /// <summary>How many bytes the ingest has, those of earlier writers included.</summary>
    public abstract long Offset { get; }

    /// <summary>Opens what is written so far for reading from its start, for whoever has to see all bytes after a resume.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A stream over the first <see cref="Offset"/> bytes, which the caller disposes before writing on.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    public abstract ValueTask<Stream> OpenWrittenAsync(CancellationToken cancellationToken = default);

    /// <summary>Throws away what is written; <see cref="Offset"/> is 0 afterwards.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task.</returns>
    public abstract ValueTask RestartAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Verifies the data, makes it durable and visible under its digest, and frees the id. When the content exists already, the
    /// data is dropped and that is a success.
    /// </summary>
    /// <param name="expectedSize">The size that it must have in bytes, or null for any.</param>
    /// <param name="expected">The digest that it must have, or null for its SHA-256.</param>
    /// <param name="cancellationToken">Cancels before the content is visible.</param>
    /// <returns>The committed content.</returns>
    /// <exception cref="OciException">
    /// Size or digest is another (<see cref="OciErrorKind.Corrupt"/>): the data is dropped and the id free, so that a retry starts anew.
    /// </exception>
    /// <exception cref="StorageException">
    /// The disk refuses; the data is kept, and the commit may be tried again. Only where it is unknown what the disk has, after a
    /// failed sync, the data is dropped and the id free.
    /// </exception>
    public abstract ValueTask<ContentInfo> CommitAsync(
        long? expectedSize = null, Digest? expected = null, CancellationToken cancellationToken = default);

    /// <summary>Closes the ingest; its data is kept unless it was committed.</summary>
    /// <returns>A task.</returns>
    public abstract ValueTask DisposeAsync();
}
