namespace OciImages.Tests.Corpora;

/// <summary>The constants by which the corpora name media types.</summary>
internal static class CorpusMediaTypes
{
    internal static string Of(string identifier) => identifier switch
    {
        "v1.MediaTypeImageConfig" or "OCIConfigJSON" or "types.OCIConfigJSON" => MediaTypes.OciConfig,
        "v1.MediaTypeImageIndex" or "ocispec.MediaTypeImageIndex" or "OCIImageIndex" => MediaTypes.OciIndex,
        "v1.MediaTypeImageManifest" or "ocispec.MediaTypeImageManifest" or "OCIManifestSchema1" or "types.OCIManifestSchema1"
            => MediaTypes.OciManifest,
        "v1.MediaTypeImageLayerGzip" or "OCILayer" => MediaTypes.OciLayerGzip,
        "OCIUncompressedLayer" => MediaTypes.OciLayer,
        "OCIRestrictedLayer" or "ocispec.MediaTypeImageLayerNonDistributableGzip" => MediaTypes.OciForeignLayerGzip,
        "OCIUncompressedRestrictedLayer" or "ocispec.MediaTypeImageLayerNonDistributable" => MediaTypes.OciForeignLayer,
        "OCIContentDescriptor" => "application/vnd.oci.descriptor.v1+json",
        "DockerManifestSchema1" => MediaTypes.DockerSchema1,
        "DockerManifestSchema1Signed" => MediaTypes.DockerSchema1Signed,
        "DockerManifestSchema2" or "MediaTypeDockerSchema2Manifest" => MediaTypes.DockerManifest,
        "DockerManifestList" or "MediaTypeDockerSchema2ManifestList" => MediaTypes.DockerManifestList,
        "DockerLayer" => MediaTypes.DockerLayerGzip,
        "DockerUncompressedLayer" or "images.MediaTypeDockerSchema2Layer" => MediaTypes.DockerLayer,
        "DockerForeignLayer" or "images.MediaTypeDockerSchema2LayerForeign" => MediaTypes.DockerForeignLayer,
        "DockerConfigJSON" or "types.DockerConfigJSON" => MediaTypes.DockerConfig,
        "DockerPluginConfig" => "application/vnd.docker.plugin.v1+json",
        _ => throw new InvalidOperationException(identifier),
    };
}
