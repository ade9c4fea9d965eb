using OciImages.Configs;
using OciImages.Manifests;

namespace OciImages.Pull.Internal;

/// <summary>What a reference turned out to be.</summary>
/// <param name="Root">What the reference names: an index or an image manifest.</param>
/// <param name="Manifest">The image manifest, chosen from the index if there is one.</param>
/// <param name="Config">The image's config.</param>
/// <param name="Indexes">The indexes that lead to the manifest, outermost first.</param>
/// <param name="Platform">What the index says the manifest is for; null when there is none, or it does not say.</param>
/// <param name="Warnings">What the user should know.</param>
internal sealed record ResolvedImage(
    Descriptor Root, ImageManifest Manifest, ImageConfig Config, IReadOnlyList<Descriptor> Indexes, Platform? Platform, IReadOnlyList<string> Warnings);
