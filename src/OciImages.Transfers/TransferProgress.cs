namespace OciImages.Transfers;

/// <summary>One step of one layer's transfer. Reports for one layer come in order.</summary>
/// <param name="Digest">The digest of the blob that registries have.</param>
/// <param name="Phase">What the transfer is doing.</param>
/// <param name="Current">Bytes of the blob done so far.</param>
/// <param name="Total">The size of the blob in bytes; null when it is unknown.</param>
public readonly record struct TransferProgress(Digest Digest, TransferPhase Phase, long Current, long? Total)
{
    /// <summary>The digest of the layer unpacked, where an upload was told it; null otherwise.</summary>
    public DiffId? DiffId { get; init; }

    /// <summary>The repository that the registry took the blob from; null unless the phase is <see cref="TransferPhase.Mounted"/>.</summary>
    public RepositoryName? MountedFrom { get; init; }
}
