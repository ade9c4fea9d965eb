namespace OciImages.Images;

/// <summary>How a <see cref="FileImageStore"/> works.</summary>
public sealed class FileImageStoreOptions
{
    /// <summary>The file that keeps what listings need of each image. It may be deleted at any time: it is made again from the configs.</summary>
    /// <value>Default: null, for <c>.index</c> in the store's folder, which dockerd ignores.</value>
    public string? IndexPath { get; set; }

    /// <summary>How long a change waits for another process to finish its own.</summary>
    /// <value>Default: 30 seconds.</value>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
