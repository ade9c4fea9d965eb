using OciImages.Manifests;

namespace OciImages.RegistryServer.Internal;

/// <summary>What a manifest refers to.</summary>
internal static class ManifestParts
{
    /// <summary>The blobs of an image manifest that registries carry: config and layers, without those that live elsewhere.</summary>
    internal static IEnumerable<Descriptor> BlobsOf(Manifest manifest) => manifest is ImageManifest image
        ? image.Layers.Where(layer => !MediaTypes.IsForeignLayer(layer.MediaType)).Prepend(image.Config)
        : [];

    /// <summary>Everything that a registry must have before the manifest. Not the subject: OCI distribution specification, "Push".</summary>
    internal static Digest[] Required(Manifest manifest) => manifest is ImageIndex index
        ? [.. index.Manifests.Select(entry => entry.Digest).Distinct()]
        : [.. BlobsOf(manifest).Select(blob => blob.Digest).Distinct()];
}
