namespace OciImages.Layers;

/// <summary>How a writable layer is made.</summary>
public sealed class WritableLayerOptions
{
    /// <summary>
    /// Fills the init layer: a layer between the read-only ones and the writable one, for files that a container needs and that must not
    /// get into images made from it. Gets the absolute path of the mounted tree, which is hostile: its symbolic links may lead anywhere.
    /// </summary>
    /// <value>
    /// Default: null, for no init layer. <see cref="DockerInitLayer.FillAsync"/> makes what Docker gives its containers.
    /// </value>
    public Func<string, CancellationToken, ValueTask>? Initialize { get; set; }

    /// <summary>The SELinux label of the init layer's mount; see <see cref="MountOptions.Label"/>.</summary>
    /// <value>Default: null, for none.</value>
    public string? Label { get; set; }
}
