namespace OciImages.Layers;

/// <summary>
/// The read-only layers of images, unpacked by a storage driver and named by their ChainID.
/// </summary>
/// <remarks>
/// <para>
/// A layer comes in two steps. <see cref="StageAsync"/> reads the tar once and unpacks it somewhere that nobody sees; layers of one
/// image may be staged side by side and in any order, because no parent is needed yet. <see cref="StagedLayer.CommitAsync"/> makes
/// it durable and visible on top of its parent, so an image is committed parent first. A staged layer that is disposed without
/// commit leaves nothing behind.
/// </para>
/// <para>
/// A layer lives as long as something refers to it: a child, an image, or a handle. Whoever needs it to stay holds a
/// <see cref="LayerHandle"/> and disposes it at the end.
/// </para>
/// </remarks>
public interface ILayerStore
{
    /// <summary>The name of the storage driver, such as <c>overlay2</c>.</summary>
    string DriverName { get; }

    /// <summary>How many layers a chain may have, so that every one can be mounted.</summary>
    int MaxDepth { get; }

    /// <summary>Unpacks a layer without making it visible.</summary>
    /// <param name="tar">The uncompressed tar; read to its end, not disposed.</param>
    /// <param name="expected">The DiffID that the tar must have, or null for any.</param>
    /// <param name="cancellationToken">Cancels the work; nothing stays.</param>
    /// <returns>The staged layer; the caller commits or disposes it.</returns>
    /// <exception cref="OciException">
    /// The tar is malformed or leads out of the layer (<see cref="OciErrorKind.InvalidInput"/>), has another DiffID
    /// (<see cref="OciErrorKind.Corrupt"/>), or holds something that the driver cannot keep (<see cref="OciErrorKind.Unsupported"/>).
    /// </exception>
    /// <exception cref="StorageException">The disk refuses.</exception>
    ValueTask<StagedLayer> StageAsync(Stream tar, DiffId? expected = null, CancellationToken cancellationToken = default);

    /// <summary>Takes a reference to a committed layer.</summary>
    /// <param name="chainId">The layer.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A handle, or null when there is no such layer.</returns>
    ValueTask<LayerHandle?> AcquireAsync(ChainId chainId, CancellationToken cancellationToken = default);

    /// <summary>Lists committed layers.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The layers, in no particular order.</returns>
    IAsyncEnumerable<LayerInfo> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Removes the layers that nothing refers to, which failed pulls and interrupted removals leave.</summary>
    /// <param name="dryRun">Whether to remove nothing and tell what would go, in the order in which it would.</param>
    /// <param name="cancellationToken">Cancels between layers.</param>
    /// <returns>The layers, children before their parents; each is gone when it comes. <see cref="LayerInfo.Size"/> says what it frees.</returns>
    /// <remarks>A layer that another process commits and has not put into an image yet has a handle, and stays.</remarks>
    IAsyncEnumerable<LayerInfo> CollectAsync(bool dryRun = false, CancellationToken cancellationToken = default);
}
