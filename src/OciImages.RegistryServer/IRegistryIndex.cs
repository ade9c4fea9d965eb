namespace OciImages.RegistryServer;

/// <summary>A registry's index that can be changed. Every change is durable before its task ends, and visible at once.</summary>
/// <remarks>Repositories come into being with the first thing that is put into them.</remarks>
public interface IRegistryIndex : IRegistryIndexReader
{
    /// <summary>Lets a repository have a blob, which is in the content store already. Nothing happens when it has it.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="digest">The blob.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when it is durable.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    ValueTask AddBlobAsync(string repository, Digest digest, CancellationToken cancellationToken = default);

    /// <summary>Takes a blob from a repository. Others keep it, and the content store too.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="digest">The blob.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether the repository had it.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    ValueTask<bool> RemoveBlobAsync(string repository, Digest digest, CancellationToken cancellationToken = default);

    /// <summary>
    /// Puts a manifest, which is in the content store already, and points tags at it: all or nothing as far as <paramref name="required"/>
    /// decides, which is looked at in the same critical section.
    /// </summary>
    /// <param name="repository">The repository.</param>
    /// <param name="manifest">The manifest.</param>
    /// <param name="tags">The tags; those that exist are moved.</param>
    /// <param name="required">Blobs and manifests that the repository must have.</param>
    /// <param name="cancellationToken">Cancels before anything is changed.</param>
    /// <returns>What of <paramref name="required"/> is missing; empty when the manifest is there now.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    ValueTask<IReadOnlyList<Digest>> PutManifestAsync(
        string repository,
        RegistryManifest manifest,
        IReadOnlyCollection<string> tags,
        IReadOnlyCollection<Digest> required,
        CancellationToken cancellationToken = default);

    /// <summary>Removes a manifest, the tags that name it, and its place among the referrers of its subject.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    ValueTask<bool> RemoveManifestAsync(string repository, Digest digest, CancellationToken cancellationToken = default);

    /// <summary>Removes a tag; the manifest stays.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    ValueTask<bool> RemoveTagAsync(string repository, string tag, CancellationToken cancellationToken = default);
}
