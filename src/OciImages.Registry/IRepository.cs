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
}
