namespace OciImages.Registry;

/// <summary>Talks to registries. Getting a repository costs nothing; requests are made by its operations.</summary>
public interface IRegistryClient
{
    /// <summary>Gets a repository of the registry that its name says, whether it exists or not.</summary>
    /// <param name="name">The repository's name.</param>
    /// <returns>The repository.</returns>
    IRepository GetRepository(RepositoryName name);

    /// <summary>Asks a registry whether it speaks the API and takes the credentials (<c>GET /v2/</c>).</summary>
    /// <param name="domain">The registry's domain with an optional port.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>A task that ends when the registry agreed.</returns>
    /// <exception cref="RegistryException">The registry refused or could not be reached.</exception>
    Task PingAsync(string domain, CancellationToken cancellationToken = default);

    /// <summary>Lists the repositories of a registry, page by page. Public registries do not offer that.</summary>
    /// <param name="domain">The registry's domain with an optional port.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The names.</returns>
    /// <exception cref="RegistryException">
    /// The registry has no catalog (<see cref="OciErrorKind.NotFound"/>, <see cref="OciErrorKind.Unsupported"/>), refused, or could not be reached.
    /// </exception>
    IAsyncEnumerable<RepositoryName> ListRepositoriesAsync(string domain, CancellationToken cancellationToken = default);
}
