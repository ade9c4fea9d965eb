using OciImages.Manifests;

namespace OciImages.RegistryServer;

/// <summary>
/// Where a pull-through cache has its content from: another registry, reached by whatever client the host has. Each method throws an
/// <see cref="OciException"/> when the upstream refuses or cannot be reached.
/// </summary>
public interface IUpstreamSource
{
    /// <summary>Asks what a tag or digest names, without fetching it.</summary>
    /// <param name="repository">The repository, as clients of this registry name it.</param>
    /// <param name="tagOrDigest">The tag or digest.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>Its digest, or null when the upstream has none.</returns>
    ValueTask<Digest?> ResolveAsync(string repository, string tagOrDigest, CancellationToken cancellationToken = default);

    /// <summary>Fetches a manifest or index.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The manifest, verified; or null when the upstream has none.</returns>
    ValueTask<ManifestContent?> FetchManifestAsync(string repository, Digest digest, CancellationToken cancellationToken = default);

    /// <summary>Opens a blob.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="blob">The blob, as a manifest of the repository describes it.</param>
    /// <param name="offset">Where to start.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <returns>A forward-only stream from there, which the caller disposes and verifies; null when the upstream has none.</returns>
    ValueTask<Stream?> OpenBlobAsync(string repository, Descriptor blob, long offset, CancellationToken cancellationToken = default);

    /// <summary>Lists tags.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The tags, in no particular order; or null when the upstream has no such repository.</returns>
    ValueTask<IReadOnlyList<string>?> ListTagsAsync(string repository, CancellationToken cancellationToken = default);
}
