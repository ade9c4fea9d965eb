using OciImages.Configs;
using OciImages.Manifests;

namespace OciImages.Archives.Internal;

/// <summary>An image that goes into an archive.</summary>
/// <param name="Config">Its config.</param>
/// <param name="Manifest">Its manifest, which names its blobs.</param>
/// <param name="Root">What the archive's index names: the manifest, or an index that has it.</param>
/// <param name="Tags">The tags that it was asked for by; empty for none.</param>
internal sealed record SavedImage(ImageConfig Config, ImageManifest Manifest, Manifest Root, IReadOnlyList<ImageReference> Tags);
