namespace OciImages;

/// <summary>The media types of images, and what kind of content each one is.</summary>
public static class MediaTypes
{
    /// <summary>OCI image manifest.</summary>
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>OCI image index.</summary>
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";

    /// <summary>OCI image config.</summary>
    public const string OciConfig = "application/vnd.oci.image.config.v1+json";

    /// <summary>OCI layer, an uncompressed tar.</summary>
    public const string OciLayer = "application/vnd.oci.image.layer.v1.tar";

    /// <summary>OCI layer, a tar compressed with gzip.</summary>
    public const string OciLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";

    /// <summary>OCI layer, a tar compressed with zstd.</summary>
    public const string OciLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";

    /// <summary>OCI layer that must not be distributed, uncompressed (deprecated by the specification, still met).</summary>
    public const string OciForeignLayer = "application/vnd.oci.image.layer.nondistributable.v1.tar";

    /// <summary>OCI layer that must not be distributed, gzip.</summary>
    public const string OciForeignLayerGzip = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";

    /// <summary>OCI layer that must not be distributed, zstd.</summary>
    public const string OciForeignLayerZstd = "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd";

    /// <summary>The empty JSON object <c>{}</c>, the config of artifacts that have none.</summary>
    public const string OciEmpty = "application/vnd.oci.empty.v1+json";

    /// <summary>Docker image manifest, version 2, schema 2.</summary>
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

    /// <summary>Docker manifest list.</summary>
    public const string DockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>Docker image manifest, schema 1, unsigned: recognised to be refused.</summary>
    public const string DockerSchema1 = "application/vnd.docker.distribution.manifest.v1+json";

    /// <summary>Docker image manifest, schema 1, signed: recognised to be refused.</summary>
    public const string DockerSchema1Signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";

    /// <summary>Docker image config.</summary>
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";

    /// <summary>Docker layer, an uncompressed tar.</summary>
    public const string DockerLayer = "application/vnd.docker.image.rootfs.diff.tar";

    /// <summary>Docker layer, a tar compressed with gzip.</summary>
    public const string DockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";

    /// <summary>Docker layer, a tar compressed with zstd.</summary>
    public const string DockerLayerZstd = "application/vnd.docker.image.rootfs.diff.tar.zstd";

    /// <summary>Docker layer that is fetched from its URLs, gzip.</summary>
    public const string DockerForeignLayer = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

    /// <summary>The media types of manifests that this library reads, in the order in which it prefers them.</summary>
    public static IReadOnlyList<string> AcceptedManifests { get; } = [OciIndex, DockerManifestList, OciManifest, DockerManifest];

    /// <summary>Whether it is an image manifest, OCI or Docker schema 2.</summary>
    /// <param name="mediaType">The media type, without parameters.</param>
    /// <returns>Whether it is one.</returns>
    public static bool IsImageManifest(string? mediaType) => mediaType is OciManifest or DockerManifest;

    /// <summary>Whether it is an OCI index or a Docker manifest list.</summary>
    /// <param name="mediaType">The media type, without parameters.</param>
    /// <returns>Whether it is one.</returns>
    public static bool IsIndex(string? mediaType) => mediaType is OciIndex or DockerManifestList;

    /// <summary>Whether it is a Docker schema 1 manifest, which this library refuses.</summary>
    /// <param name="mediaType">The media type, without parameters.</param>
    /// <returns>Whether it is one.</returns>
    public static bool IsSchema1(string? mediaType) => mediaType is DockerSchema1 or DockerSchema1Signed;

    /// <summary>Whether it is a file-system layer: a tar, compressed or not, of either family, distributable or not.</summary>
    /// <param name="mediaType">The media type, without parameters.</param>
    /// <returns>Whether it is one.</returns>
    public static bool IsLayer(string? mediaType) => mediaType
        is OciLayer or OciLayerGzip or OciLayerZstd
        or DockerLayer or DockerLayerGzip or DockerLayerZstd
        || IsForeignLayer(mediaType);

    /// <summary>Whether it is a layer that registries do not carry and whose descriptor names URLs.</summary>
    /// <param name="mediaType">The media type, without parameters.</param>
    /// <returns>Whether it is one.</returns>
    public static bool IsForeignLayer(string? mediaType) => mediaType
        is OciForeignLayer or OciForeignLayerGzip or OciForeignLayerZstd or DockerForeignLayer;
}
