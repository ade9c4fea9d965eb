namespace OciImages.Layers.Internal.Diff;

/// <summary>The trees of a diff.</summary>
/// <param name="Lower">The tree before, or null for an empty one.</param>
/// <param name="Upper">The tree after.</param>
/// <param name="IsOverlay">Whether the upper one is an overlay's upper directory, which holds only what is not as below.</param>
internal sealed record TreePair(string? Lower, string Upper, bool IsOverlay)
{
    /// <summary>The trees whose differences make the tar: what an upper directory holds does not depend on what is below.</summary>
    internal TreePair ForTar => IsOverlay ? this with { Lower = null } : this;
}
