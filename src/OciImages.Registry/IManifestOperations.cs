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

    /// <summary>
    /// Puts a manifest or index, byte for byte. What it refers to must be there. When it has a subject and the registry does not list referrers by
    /// itself, the list that stands in for that (the tag <c>sha256-…</c>) is brought up to date.
    /// </summary>
    /// <param name="tagOrDigest">The tag to set, or the manifest's own digest.</param>
    /// <param name="manifest">The manifest.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The manifest's descriptor.</returns>
    /// <exception cref="OciException">The digest is not the manifest's (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    /// <exception cref="RegistryException">
    /// The registry says that it stored something else (<see cref="OciErrorKind.Corrupt"/>), refused, or could not be reached.
    /// </exception>
    Task<Descriptor> PutAsync(string tagOrDigest, ManifestContent manifest, CancellationToken cancellationToken = default);

    /// <summary>Deletes a manifest or index and all tags that name it. When it has a subject, it vanishes from the subject's referrers too.</summary>
    /// <param name="digest">The manifest.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="RegistryException">
    /// The registry does not delete manifests (<see cref="OciErrorKind.Unsupported"/>), refused, or could not be reached.
    /// </exception>
    Task<bool> DeleteAsync(Digest digest, CancellationToken cancellationToken = default);

    /// <summary>Deletes a tag; the manifest stays. Many registries do not offer that.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="RegistryException">
    /// The registry does not delete tags (<see cref="OciErrorKind.Unsupported"/>), refused, or could not be reached.
    /// </exception>
    Task<bool> DeleteTagAsync(string tag, CancellationToken cancellationToken = default);
}
