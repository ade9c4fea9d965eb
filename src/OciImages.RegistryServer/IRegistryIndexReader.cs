namespace OciImages.RegistryServer;

/// <summary>
/// What a registry has beside the bytes: repositories, and in each of them tags, manifests, blobs and referrers. Content itself is in an
/// <see cref="Content.IContentReader"/>.
/// </summary>
/// <remarks>
/// Names of repositories and tags follow the grammar of the OCI distribution specification, "Pulling manifests"; others are an
/// <see cref="ArgumentException"/>. Lists are in the order of the bytes of the names ("ASCIIbetical"). A repository that is not there is
/// an empty one for all methods but <see cref="HasRepositoryAsync"/>.
/// </remarks>
public interface IRegistryIndexReader
{
    /// <summary>Lists the repositories that something was put into.</summary>
    /// <param name="after">Only those after this name; null for all.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The names, in order.</returns>
    IAsyncEnumerable<string> ListRepositoriesAsync(string? after = null, CancellationToken cancellationToken = default);

    /// <summary>Asks whether a repository is known: something was put into it, whether it is still there or not.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether it is known.</returns>
    ValueTask<bool> HasRepositoryAsync(string repository, CancellationToken cancellationToken = default);

    /// <summary>Lists tags.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="after">Only those after this tag, which need not exist; null for all.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The tags, in order.</returns>
    IAsyncEnumerable<string> ListTagsAsync(string repository, string? after = null, CancellationToken cancellationToken = default);

    /// <summary>Looks a tag up.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The digest of the manifest that it names, or null.</returns>
    ValueTask<Digest?> FindTagAsync(string repository, string tag, CancellationToken cancellationToken = default);

    /// <summary>Looks a manifest up.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>What is known of it, or null when the repository has no such manifest.</returns>
    ValueTask<RegistryManifest?> FindManifestAsync(string repository, Digest digest, CancellationToken cancellationToken = default);

    /// <summary>Lists the digests of a repository's manifests.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The digests, in no particular order.</returns>
    IAsyncEnumerable<Digest> ListManifestsAsync(string repository, CancellationToken cancellationToken = default);

    /// <summary>Asks whether a repository has a blob.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="digest">The blob.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether it was put or mounted there.</returns>
    ValueTask<bool> HasBlobAsync(string repository, Digest digest, CancellationToken cancellationToken = default);

    /// <summary>Lists a repository's blobs.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The blobs, in no particular order.</returns>
    IAsyncEnumerable<RegistryBlob> ListBlobsAsync(string repository, CancellationToken cancellationToken = default);

    /// <summary>Finds a repository that has some content, as a blob or as a manifest.</summary>
    /// <param name="digest">The content.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>One of the repositories that have it, or null.</returns>
    ValueTask<string?> FindRepositoryOfAsync(Digest digest, CancellationToken cancellationToken = default);

    /// <summary>Lists the manifests that are about another one.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="subject">The manifest that they are about; it need not exist.</param>
    /// <param name="after">Only those after this digest; null for all.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>Their descriptors, in the order of their digests.</returns>
    IAsyncEnumerable<Descriptor> ListReferrersAsync(
        string repository, Digest subject, Digest? after = null, CancellationToken cancellationToken = default);
}
