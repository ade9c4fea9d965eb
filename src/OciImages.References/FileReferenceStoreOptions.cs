namespace OciImages.References;

/// <summary>How a <see cref="FileReferenceStore"/> works.</summary>
public sealed class FileReferenceStoreOptions
{
    /// <summary>The file whose lock every change holds.</summary>
    /// <value>Default: null, for the store's file with <c>.lock</c> at the end, which dockerd ignores.</value>
    public string? LockPath { get; set; }

    /// <summary>How long a change waits for another process to finish its own.</summary>
    /// <value>Default: 30 seconds.</value>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
