namespace OciImages.Content;

/// <summary>Reads committed content by digest.</summary>
public interface IContentReader
{
    /// <summary>Looks content up.</summary>
    /// <param name="digest">The digest.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>What the store knows of it, or null when it is not committed here.</returns>
    ValueTask<ContentInfo?> FindAsync(Digest digest, CancellationToken cancellationToken = default);

    /// <summary>Opens committed content.</summary>
    /// <param name="digest">The digest.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A seekable stream at its start, which the caller disposes. The bytes were verified at commit, not now.</returns>
    /// <exception cref="OciException">The content is not here (<see cref="OciErrorKind.NotFound"/>).</exception>
    ValueTask<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken = default);
}
