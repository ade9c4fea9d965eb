using OciImages.Content;
using OciImages.Manifests;

namespace OciImages.Push.Internal;

/// <summary>Manifests that pulls left in the content store.</summary>
internal sealed class StoredManifests(IContentReader content)
{
    /// <summary>Reads a manifest.</summary>
    /// <returns>The manifest; null when it is not here, or no manifest.</returns>
    public async ValueTask<Manifest?> FindAsync(Digest digest, string mediaType, CancellationToken cancellationToken)
    {
        if (await content.ReadSmallAsync(digest, ManifestContent.MaxSize, cancellationToken).ConfigureAwait(false) is not { } bytes)
            return null;
        var manifest = Manifest.Parse(new ManifestContent(mediaType, bytes, digest));
        // Registries are told the media type, which old manifests do not have within them.
        return manifest.Content.Descriptor.MediaType == manifest.MediaType
            ? manifest
            : Manifest.Parse(new ManifestContent(manifest.MediaType, bytes, digest));
    }
}
