namespace OciImages.RegistryServer;

/// <summary>How a <see cref="FileRegistryIndex"/> works.</summary>
public sealed class FileRegistryIndexOptions
{
    /// <summary>The clock for the times of blobs.</summary>
    /// <value>Default: the system's.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>How long a change waits for another process that changes the same repository.</summary>
    /// <value>Default: 30 seconds.</value>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
