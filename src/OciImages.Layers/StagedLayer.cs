namespace OciImages.Layers;

/// <summary>A layer that is unpacked and verified but not visible; see <see cref="ILayerStore"/>.</summary>
public abstract class StagedLayer : IAsyncDisposable
{
    /// <summary>The digest of the tar that was read.</summary>
    public abstract DiffId DiffId { get; }

    /// <summary>The size in bytes of the files of the layer, counted as Docker counts it.</summary>
    public abstract long Size { get; }

    /// <summary>
    /// Makes the layer durable and visible on top of a parent. When the same chain was committed meanwhile, by whoever, this one is
    /// dropped and the existing one returned. Called once.
    /// </summary>
    /// <param name="parent">The layer below, committed; null for a base layer.</param>
    /// <param name="cancellationToken">Cancels before the layer is visible.</param>
    /// <returns>A handle to the layer.</returns>
    /// <exception cref="OciException">
    /// There is no such parent (<see cref="OciErrorKind.NotFound"/>), or the chain would be deeper than
    /// the layer store allows (<see cref="OciErrorKind.InvalidInput"/>).
    /// </exception>
    /// <exception cref="StorageException">The disk refuses.</exception>
    public abstract ValueTask<LayerHandle> CommitAsync(ChainId? parent, CancellationToken cancellationToken = default);

    /// <summary>Drops the layer unless it was committed.</summary>
    /// <returns>A task.</returns>
    public abstract ValueTask DisposeAsync();
}
