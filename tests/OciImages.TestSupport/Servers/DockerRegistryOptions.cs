using System.Security.Cryptography.X509Certificates;

namespace OciImages.TestSupport.Servers;

/// <summary>How a <see cref="DockerRegistry"/> is set up. By default it wants no credentials and speaks plain HTTP.</summary>
public sealed record DockerRegistryOptions
{
    /// <summary>Basic authentication with this user; null for none.</summary>
    public (string User, string Password)? Basic { get; init; }

    /// <summary>Tokens of this server; null for none.</summary>
    public TokenServer? TokenServer { get; init; }

    /// <summary>TLS with this certificate; null for plain HTTP.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Whose certificates clients must have; null for nobody's. Needs <see cref="Certificate"/>.</summary>
    public X509Certificate2? ClientAuthority { get; init; }

    /// <summary>The URL of a registry that it is a pull-through mirror of; null for none.</summary>
    public string? MirrorOf { get; init; }

    /// <summary>A directory to keep its data in; null for a temporary one of its own.</summary>
    public string? StorageDirectory { get; init; }
}
