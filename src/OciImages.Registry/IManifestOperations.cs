using OciImages.Manifests;

namespace OciImages.Registry;

/// <summary>The manifests and indexes of one repository.</summary>
public interface IManifestOperations
{
    /// <summary>Asks what a tag or digest names, without fetching it where the registry allows (<c>HEAD</c>, else <c>GET</c>).</summary>
    /// <param name="tagOrDigest">A tag, or a digest.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The descriptor, or null when the registry has no such manifest.</returns>
    /// <exception cref="RegistryException">The registry refused or could not be reached.</exception>
    Task<Descriptor?> ResolveAsync(string tagOrDigest, CancellationToken cancellationToken = default);

    /// <summary>Fetches a manifest or index and verifies its digest.</summary>
    /// <param name="tagOrDigest">A tag, or a digest.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The manifest's bytes.</returns>
    /// <exception cref="RegistryException">
    /// There is none (<see cref="OciErrorKind.NotFound"/>), it is not what the digest or the registry's own headers say
    /// (<see cref="OciErrorKind.Corrupt"/>), it is too large or of a media type that does not fit its body
    /// (<see cref="OciErrorKind.InvalidInput"/>), or the registry refused or could not be reached.
    /// </exception>
    Task<ManifestContent> GetAsync(string tagOrDigest, CancellationToken cancellationToken = default);
}
