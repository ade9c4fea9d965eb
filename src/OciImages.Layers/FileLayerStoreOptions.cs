namespace OciImages.Layers;

/// <summary>Settings of <see cref="FileLayerStore"/>.</summary>
public sealed class FileLayerStoreOptions
{
    /// <summary>How many layers may lie on each other.</summary>
    /// <value>Default: 125, as in Docker: dockerd cannot use deeper chains.</value>
    public int MaxDepth { get; set; } = 125;

    /// <summary>How long to wait while another process adds or removes a layer.</summary>
    /// <value>Default: 30 seconds. At least zero.</value>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
