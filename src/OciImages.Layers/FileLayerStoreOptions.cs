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

    /// <summary>
    /// Tells whether something outside the layer store, such as an image, stands on a layer, whichever process put it there. Asked
    /// before a layer is removed, while nobody can take a new reference to it; what stands on a child need not be told.
    /// </summary>
    /// <value>
    /// Default: null, for nothing. It must read what other processes wrote, and must not call the layer store. When it throws, the layer
    /// stays. A host that keeps images puts an image on the disk before it lets go of its layers' handles; then no layer of an image is ever
    /// removed.
    /// </value>
    public Func<ChainId, CancellationToken, ValueTask<bool>>? IsInUse { get; set; }

    /// <summary>The clock to wait by.</summary>
    /// <value>Default: the system's.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
