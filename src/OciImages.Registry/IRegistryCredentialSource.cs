namespace OciImages.Registry;

/// <summary>Finds credentials for registries. Implement it to bring a host's own.</summary>
public interface IRegistryCredentialSource
{
    /// <summary>Finds the credentials for a registry.</summary>
    /// <param name="domain">The registry's domain with an optional port, such as <c>docker.io</c> or <c>127.0.0.1:5000</c>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The credentials, or null to go on anonymously.</returns>
    ValueTask<RegistryCredential?> FindAsync(string domain, CancellationToken cancellationToken = default);
}
