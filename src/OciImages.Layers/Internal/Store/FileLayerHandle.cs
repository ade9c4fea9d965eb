namespace OciImages.Layers.Internal.Store;

/// <summary>A reference to a layer of a <see cref="FileLayerStore"/>.</summary>
internal sealed class FileLayerHandle(FileLayerStore store, LayerInfo layer) : LayerHandle
{
    private int _isReleased;

    public override LayerInfo Layer => layer;

    public override ValueTask<long> GetTarSizeAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isReleased != 0, this);
        return store.GetTarSizeAsync(layer, cancellationToken);
    }

    public override ValueTask<Stream> OpenTarAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isReleased != 0, this);
        return store.OpenTarAsync(layer, cancellationToken);
    }

    public override async ValueTask<Mount> MountAsync(MountOptions? options = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isReleased != 0, this);
        if (options is { ReadOnly: false })
            throw new OciException(OciErrorKind.InvalidInput, $"The layer {layer.ChainId} can only be mounted read-only.");
        var own = await store.RequireAsync(layer.ChainId, cancellationToken).ConfigureAwait(false);
        try
        {
            return new LayerMount(await store.Driver.MountAsync(layer.CacheId, options, cancellationToken).ConfigureAwait(false), own);
        }
        catch
        {
            await own.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override async ValueTask<IReadOnlyList<LayerInfo>> ReleaseAsync(CancellationToken cancellationToken = default) =>
        Interlocked.Exchange(ref _isReleased, 1) == 0 ? await store.ReleaseAsync(layer, cancellationToken).ConfigureAwait(false) : [];

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) == 0)
            await store.LetGoAsync(layer.ChainId).ConfigureAwait(false);
    }
}
