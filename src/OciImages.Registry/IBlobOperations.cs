namespace OciImages.Registry;

/// <summary>The blobs of one repository.</summary>
public interface IBlobOperations
{
    /// <summary>Asks whether a blob is there (<c>HEAD</c>).</summary>
    /// <param name="digest">The blob.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>Whether it is there.</returns>
    /// <exception cref="RegistryException">The registry refused or could not be reached.</exception>
    Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken = default);

    /// <summary>
    /// Opens a blob. A connection that is cut or stalls is replaced by a new one that continues where it stopped, as often as the
    /// client's options allow, without the reader noticing.
    /// </summary>
    /// <param name="blob">The blob; its size bounds what is read.</param>
    /// <param name="offset">Where to start; 0 to the blob's size.</param>
    /// <param name="cancellationToken">Cancels the opening; reads take their own token.</param>
    /// <returns>
    /// A forward-only stream of exactly <c>blob.Size - offset</c> bytes, which the caller disposes. Bytes are <em>not</em> verified
    /// here: whoever reads them hashes them anyway.
    /// </returns>
    /// <exception cref="RegistryException">There is none, or the registry refused or could not be reached. Reading may throw it too.</exception>
    Task<Stream> OpenReadAsync(Descriptor blob, long offset = 0, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes sure that the repository has a blob: looks for it, asks the registry to take it from another repository, and else sends it, in the
    /// way that the registry takes. A cut is continued where the registry has got to, or the upload starts over.
    /// </summary>
    /// <param name="blob">The blob; size and digest are those that the content must have.</param>
    /// <param name="openContent">
    /// Opens the content at its start; called only when bytes must be sent, and again when they must be sent again. The stream is disposed.
    /// </param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels; the registry is then told that the upload will not be ended.</param>
    /// <returns>How the blob came to be there.</returns>
    /// <exception cref="OciException">
    /// The content is not what the descriptor says (<see cref="OciErrorKind.Corrupt"/>): no blob was made. Whatever else
    /// <paramref name="openContent"/> and its stream throw comes out as it is.
    /// </exception>
    /// <exception cref="RegistryException">The registry refused or could not be reached.</exception>
    Task<BlobPushResult> PushAsync(
        Descriptor blob, Func<CancellationToken, ValueTask<Stream>> openContent, BlobPushOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Asks the registry to take a blob from another of its repositories.</summary>
    /// <param name="digest">The blob.</param>
    /// <param name="from">A repository of the same registry.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>Whether it did; nothing has changed when not.</returns>
    /// <exception cref="ArgumentException">The repository is of another registry.</exception>
    /// <exception cref="RegistryException">The registry refused or could not be reached.</exception>
    Task<bool> TryMountAsync(Digest digest, RepositoryName from, CancellationToken cancellationToken = default);

    /// <summary>Deletes a blob, whoever needs it. Many registries do not offer that.</summary>
    /// <param name="digest">The blob.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="RegistryException">
    /// The registry does not delete blobs (<see cref="OciErrorKind.Unsupported"/>), refused, or could not be reached.
    /// </exception>
    Task<bool> DeleteAsync(Digest digest, CancellationToken cancellationToken = default);
}
