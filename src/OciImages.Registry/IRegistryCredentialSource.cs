namespace OciImages.Registry;

/// <summary>Finds credentials for registries. Implement it to bring a host's own.</summary>
public interface IRegistryCredentialSource
{
    /// <summary>Finds the credentials for a registry, or for one repository of it.</summary>
    /// <param name="domain">The registry's domain with an optional port, such as <c>docker.io</c> or <c>127.0.0.1:5000</c>.</param>
    /// <param name="repository">
    /// The repository's path, such as <c>library/nginx</c>, for sources that tell repositories of one registry apart; null when no
    /// repository is concerned.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The credentials, or null to go on anonymously.</returns>
    /// <exception cref="OciException">
    /// The source is broken. The client logs its message, which must hold no secret, goes on without credentials, and repeats the message
    /// when the registry then refuses.
    /// </exception>
    ValueTask<RegistryCredential?> FindAsync(string domain, string? repository = null, CancellationToken cancellationToken = default);
}
