using OciImages.Configs;
using OciImages.Manifests;

namespace OciImages.Pull.Internal;

/// <summary>What a reference turned out to be.</summary>
/// <param name="Root">What the reference names: an index or an image manifest.</param>
/// <param name="Manifest">The image manifest, chosen from the index if there is one.</param>
/// <param name="Config">The image's config.</param>
/// <param name="Warnings">What the user should know.</param>
internal sealed record ResolvedImage(Descriptor Root, ImageManifest Manifest, ImageConfig Config, IReadOnlyList<string> Warnings);
