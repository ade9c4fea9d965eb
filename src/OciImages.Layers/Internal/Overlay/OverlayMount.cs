namespace OciImages.Layers.Internal.Overlay;

/// <summary>A mount, and what is to be done when it goes.</summary>
internal sealed class OverlayMount(string path, OverlayMounter mounter, Action? onDetach, Action? onUnmounted) : Mount
{
    private int _isDone;

    public override string Path => path;

    public override void Detach()
    {
        if (Interlocked.Exchange(ref _isDone, 1) == 0)
            onDetach?.Invoke();
    }

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDone, 1) == 0)
        {
            mounter.TryUnmount(path);
            onUnmounted?.Invoke();
        }
        return ValueTask.CompletedTask;
    }
}
