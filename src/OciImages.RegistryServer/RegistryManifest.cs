using OciImages.Manifests;

namespace OciImages.RegistryServer;

/// <summary>A manifest or index as a repository knows it; its bytes are in the content store.</summary>
/// <param name="Descriptor">
/// Media type, digest and size, and what a list of referrers shows of it: the artifact type (of an image manifest without one the config's
/// media type) and, where there is a subject, the annotations.
/// </param>
/// <param name="Subject">The manifest that it is about; null for none.</param>
public sealed record RegistryManifest(Descriptor Descriptor, Digest? Subject)
{
    /// <summary>Describes a manifest as OCI distribution specification, "Listing Referrers", wants it.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <returns>What the index keeps of it.</returns>
    public static RegistryManifest Of(Manifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        string? type = manifest is ImageManifest image ? image.EffectiveArtifactType : manifest.ArtifactType;
        var descriptor = new Descriptor(manifest.MediaType, manifest.Content.Descriptor.Digest, manifest.Content.Descriptor.Size)
        {
            ArtifactType = string.IsNullOrEmpty(type) ? null : type,
            Annotations = manifest.Subject is not null && manifest.Annotations.Count > 0 ? manifest.Annotations : null,
        };
        return new RegistryManifest(descriptor, manifest.Subject?.Digest);
    }
}
