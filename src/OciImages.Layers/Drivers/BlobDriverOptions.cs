namespace OciImages.Layers.Drivers;

/// <summary>Settings of <see cref="BlobDriver"/>.</summary>
public sealed class BlobDriverOptions
{
    /// <summary>What layers may hold.</summary>
    /// <value>Default: a policy with its own defaults.</value>
    public UnpackPolicy Policy { get; set; } = new();
}
