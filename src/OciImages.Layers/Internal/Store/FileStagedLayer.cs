namespace OciImages.Layers.Internal.Store;

/// <summary>A layer of a <see cref="FileLayerStore"/> before its commit.</summary>
internal sealed class FileStagedLayer(FileLayerStore store, string cacheId, string writeSet, DiffId diffId, long size) : StagedLayer
{
    private int _isDone;

    public override DiffId DiffId => diffId;

    public override long Size => size;

    internal string CacheId => cacheId;

    internal string WriteSet => writeSet;

    public override async ValueTask<LayerHandle> CommitAsync(ChainId? parent, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDone != 0, this);
        return await store.CommitAsync(this, parent, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says that the layer is visible now, so that nothing of it may be dropped.</summary>
    internal void SetCommitted() => _isDone = 1;

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDone, 1) == 0)
            await store.DropAsync(this).ConfigureAwait(false);
    }
}
