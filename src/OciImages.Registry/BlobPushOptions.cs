using OciImages.Registry.Uploads;

namespace OciImages.Registry;

/// <summary>How a blob is pushed.</summary>
public sealed class BlobPushOptions
{
    /// <summary>
    /// Repositories that may have the blob, the likeliest first: the registry is asked to take it from there. Those of another registry are left
    /// out; the larger the blob, the more are tried (1 up to 100 KB, 3 up to 10 MB, else 4, as Docker does).
    /// </summary>
    /// <value>Empty.</value>
    public IReadOnlyList<RepositoryName> MountFrom { get; set; } = [];

    /// <summary>Gets how many bytes are sent, in order; it goes back when something has to be sent again.</summary>
    /// <value>Null.</value>
    public IProgress<long>? Progress { get; set; }

    /// <summary>The only way in which the bytes are sent.</summary>
    /// <value>Null: what the registry is known to take, else each way until one works.</value>
    public UploadMode? Mode { get; set; }

    /// <summary>
    /// The size of a part in bytes where a blob is sent in parts; 1 or more. A registry that says it wants larger ones gets them, and one that
    /// refuses a part for its size gets smaller ones.
    /// </summary>
    /// <value>16 MiB.</value>
    public int ChunkSize { get; set; } = 16 * 1024 * 1024;
}
