namespace OciImages.Registry;

/// <summary>One repository of a registry.</summary>
public interface IRepository
{
    /// <summary>The name.</summary>
    RepositoryName Name { get; }

    /// <summary>Its manifests and indexes.</summary>
    IManifestOperations Manifests { get; }

    /// <summary>Its blobs: layers and configs.</summary>
    IBlobOperations Blobs { get; }

    /// <summary>Lists its tags in the registry's order, page by page.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The tags.</returns>
    /// <exception cref="RegistryException">The registry refused or could not be reached.</exception>
    IAsyncEnumerable<string> ListTagsAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Lists what refers to a manifest: its signatures, attestations, SBOMs. Where the registry does not list referrers by itself, the list that
    /// clients keep under the tag <c>sha256-…</c> is read.
    /// </summary>
    /// <param name="subject">The manifest.</param>
    /// <param name="artifactType">Only those of this type; null for all.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The descriptors, with artifact type and annotations; empty when there is nothing, or no such manifest.</returns>
    /// <exception cref="RegistryException">The registry refused or could not be reached.</exception>
    IAsyncEnumerable<Descriptor> ListReferrersAsync(Digest subject, string? artifactType = null, CancellationToken cancellationToken = default);
}
