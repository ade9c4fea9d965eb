namespace OciImages.Layers.Diff;

/// <summary>What a <see cref="TreeDiffer"/> takes into a layer.</summary>
public sealed class TreeDiffOptions
{
    /// <summary>
    /// Whether extended attributes of the class <c>user</c> are kept, but for <c>user.overlay.*</c>. <c>security.capability</c> always is.
    /// </summary>
    /// <value>True by default, as in buildah; dockerd and containerd lose them: false gives their bytes.</value>
    public bool UserAttributes { get; set; } = true;
}
