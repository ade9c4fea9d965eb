using OciImages.Manifests;

namespace OciImages.Push.Internal;

/// <summary>What is to be pushed.</summary>
/// <param name="Root">What the tag will name.</param>
/// <param name="Images">The images: the root itself, or all those below it.</param>
/// <param name="Indexes">Indexes below the root, the innermost first.</param>
internal sealed record PushContent(Manifest Root, IReadOnlyList<ImageManifest> Images, IReadOnlyList<ImageIndex> Indexes)
{
    /// <summary>Whether the manifest was made for this push.</summary>
    public bool IsNew { get; init; }
}
