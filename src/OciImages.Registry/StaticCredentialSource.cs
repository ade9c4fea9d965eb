using OciImages.Registry.Http;

namespace OciImages.Registry;

/// <summary>Credentials that are known beforehand, by registry.</summary>
/// <threadsafety>Immutable; safe to share.</threadsafety>
public sealed class StaticCredentialSource : IRegistryCredentialSource
{
    private readonly Dictionary<string, RegistryCredential> _credentials = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Holds the credentials of one registry.</summary>
    /// <param name="domain">The registry's domain with an optional port, such as <c>docker.io</c> or <c>127.0.0.1:5000</c>.</param>
    /// <param name="credential">The credentials.</param>
    /// <exception cref="OciException">The domain is malformed (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public StaticCredentialSource(string domain, RegistryCredential credential)
        : this([new(domain, credential)])
    {
    }

    /// <summary>Holds the credentials of several registries.</summary>
    /// <param name="credentials">The credentials by domain. Of two for one registry the last one counts.</param>
    /// <exception cref="OciException">A domain is malformed (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public StaticCredentialSource(IEnumerable<KeyValuePair<string, RegistryCredential>> credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        foreach (var (domain, credential) in credentials)
            _credentials[RegistryDomain.Parse(domain).Name] = credential;
    }

    /// <inheritdoc/>
    public ValueTask<RegistryCredential?> FindAsync(string domain, string? repository = null, CancellationToken cancellationToken = default) =>
        new(_credentials.GetValueOrDefault(RegistryDomain.Parse(domain).Name));
}
