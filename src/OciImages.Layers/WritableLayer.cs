using OciImages.Layers.Diff;

namespace OciImages.Layers;

/// <summary>A layer that can be written, of an <see cref="IWritableLayerStore"/>. It stays until it is removed there; there is nothing to dispose.</summary>
public abstract class WritableLayer
{
    /// <summary>The name that it was made with.</summary>
    public abstract string Name { get; }

    /// <summary>The read-only layer it stands on; null for none.</summary>
    public abstract ChainId? Parent { get; }

    /// <summary>The driver's name for the layer; Docker's <c>mount-id</c>.</summary>
    public abstract string MountId { get; }

    /// <summary>The driver's name for the init layer below; null when there is none.</summary>
    public abstract string? InitId { get; }

    /// <summary>
    /// Mounts the merged tree, for writing unless the options say otherwise. Several users, also in other processes, share one mount: the
    /// first makes it, with its label, and the last takes it away. Left mounts of processes that ended are taken over.
    /// </summary>
    /// <param name="options">Where and how; null for a writable mount at the driver's place.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The mount. Detaching leaves it in place, across processes, until <see cref="UnmountAsync"/>.</returns>
    public abstract ValueTask<Mount> MountAsync(MountOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Ends a mount that was detached, as soon as nobody uses it. A target of the caller's choice is unmounted by <see cref="MountPoint"/>.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task.</returns>
    public abstract ValueTask UnmountAsync(CancellationToken cancellationToken = default);

    /// <summary>Counts what was written, without what the init layer holds.</summary>
    /// <param name="cancellationToken">Cancels the count.</param>
    /// <returns>The size in bytes of the files that are new or changed, counted as Docker does.</returns>
    public abstract ValueTask<long> GetSizeAsync(CancellationToken cancellationToken = default);

    /// <summary>Lists what was added, changed and deleted, without what the init layer holds.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The changes, sorted by path.</returns>
    public abstract ValueTask<IReadOnlyList<TreeChange>> GetChangesAsync(CancellationToken cancellationToken = default);

    /// <summary>Opens what was written as a layer tar: canonical, so that the same changes give the same bytes.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A forward-only stream, which the caller disposes. What is written meanwhile may or may not be in it.</returns>
    public abstract ValueTask<Stream> OpenDiffAsync(CancellationToken cancellationToken = default);

    /// <summary>Makes a read-only layer of what was written, on top of <see cref="Parent"/>. The writable layer stays as it is.</summary>
    /// <param name="cancellationToken">Cancels the work; nothing stays.</param>
    /// <returns>A handle to the layer.</returns>
    public abstract ValueTask<LayerHandle> CommitAsync(CancellationToken cancellationToken = default);

    /// <summary>Details for people and for inspect's <c>GraphDriver.Data</c>.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Names and values; null when the driver has none to tell.</returns>
    public abstract ValueTask<IReadOnlyDictionary<string, string>?> GetMetadataAsync(CancellationToken cancellationToken = default);
}
