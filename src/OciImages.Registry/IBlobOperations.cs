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
}
