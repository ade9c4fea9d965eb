namespace OciImages.Layers.Internal.Store;

/// <summary>A writable mount that stays when somebody detached it, whoever uses it last.</summary>
internal sealed class WritableMount(Mount mount, string detachedMark) : Mount
{
    private int _isDone;

    public override string Path => mount.Path;

    public override void Detach()
    {
        if (Interlocked.Exchange(ref _isDone, 1) != 0)
            return;
        StoreFiles.Write(detachedMark, "", StoreFiles.PrivateFile);
        mount.Detach();
    }

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDone, 1) != 0)
            return;
        if (File.Exists(detachedMark))
            mount.Detach();
        else
            await mount.DisposeAsync().ConfigureAwait(false);
    }
}
