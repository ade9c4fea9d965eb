namespace OciImages.Content.Local;

/// <summary>How a <see cref="LocalContentStore"/> works.</summary>
public sealed class LocalContentStoreOptions
{
    /// <summary>The clock for times of commits, ingests and leases.</summary>
    /// <value>Default: the system's.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>How long to wait for another process in one of the short critical sections; never for an open ingest.</summary>
    /// <value>Default: 30 seconds.</value>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
