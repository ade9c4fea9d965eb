namespace OciImages.Transfers;

/// <summary>
/// What a transfer is doing. Phases come in the order of their values, but for <see cref="Retrying"/>, which starts anew. An upload goes from
/// <see cref="Transferring"/> to <see cref="Complete"/>.
/// </summary>
public enum TransferPhase
{
    /// <summary>Known, nothing done yet (Docker: <c>Pulling fs layer</c>, <c>Preparing</c>).</summary>
    Queued,

    /// <summary>Waiting for a free place among the concurrent transfers.</summary>
    Waiting,

    /// <summary>Bytes are on their way; a download unpacks them as they come.</summary>
    Transferring,

    /// <summary>All bytes are here; their digest is being compared.</summary>
    Verifying,

    /// <summary>The blob is complete and verified (Docker: <c>Download complete</c>).</summary>
    Transferred,

    /// <summary>The layer is unpacked and waits for its parent, or is being unpacked from the local content store.</summary>
    Extracting,

    /// <summary>The layer is committed, or uploaded (Docker: <c>Pull complete</c>, <c>Pushed</c>).</summary>
    Complete,

    /// <summary>The layer was here, or at the registry, before (Docker: <c>Already exists</c>, <c>Layer already exists</c>).</summary>
    AlreadyExists,

    /// <summary>An attempt failed and another follows after a pause.</summary>
    Retrying,

    /// <summary>The registry took the blob from another of its repositories: an upload's end (Docker: <c>Mounted from</c>).</summary>
    Mounted,

    /// <summary>The layer must not be distributed and is left where its URLs say (Docker: <c>Skipped foreign layer</c>).</summary>
    Skipped,
}
