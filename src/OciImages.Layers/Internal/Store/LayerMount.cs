namespace OciImages.Layers.Internal.Store;

/// <summary>A mount of a read-only layer, which keeps the layer as a handle does: what is mounted must not lose its files.</summary>
internal sealed class LayerMount(Mount mount, LayerHandle handle) : Mount
{
    public override string Path => mount.Path;

    // The process may end now: from here on, images are what keeps the layer.
    public override void Detach() => mount.Detach();

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await mount.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            await handle.DisposeAsync().ConfigureAwait(false);
        }
    }
}
