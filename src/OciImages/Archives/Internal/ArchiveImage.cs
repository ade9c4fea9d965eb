using OciImages.Configs;
using OciImages.Manifests;

namespace OciImages.Archives.Internal;

/// <summary>An image as an archive describes it.</summary>
/// <param name="Config">Its config.</param>
/// <param name="Layers">The files of its layers, lowest first; as many as the config has DiffIDs.</param>
/// <param name="References">The tags that the archive gives it.</param>
internal sealed record ArchiveImage(ImageConfig Config, IReadOnlyList<string> Layers, IReadOnlyList<ImageReference> References)
{
    /// <summary>The manifest that the archive has for it, whose blobs are the files of its layers; null for none.</summary>
    public ImageManifest? Manifest { get; init; }

    /// <summary>The ID of the image that it was built on; null when the archive names none.</summary>
    public ImageId? Parent { get; init; }
}
