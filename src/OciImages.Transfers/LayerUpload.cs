namespace OciImages.Transfers;

/// <summary>A layer to upload.</summary>
/// <param name="Blob">The blob that the manifest names.</param>
public sealed record LayerUpload(Descriptor Blob)
{
    /// <summary>The layer's digest unpacked, for the progress: by it docker names layers of a push.</summary>
    /// <value>Default: null.</value>
    public DiffId? DiffId { get; init; }

    /// <summary>Repositories that may have the blob, the likeliest first; those of another registry are left out.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<RepositoryName> MountFrom { get; init; } = [];
}
