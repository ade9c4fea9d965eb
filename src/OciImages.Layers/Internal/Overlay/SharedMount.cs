using System.Runtime.Versioning;
using OciImages.IO;

namespace OciImages.Layers.Internal.Overlay;

/// <summary>One use of the mount of a writable layer, perhaps shown at another place too.</summary>
[SupportedOSPlatform("linux")]
internal sealed class SharedMount(SharedMounts mounts, OverlayMounter mounter, string id, string merged, string? target, FileLock use) : Mount
{
    private int _isDone;

    public override string Path => target ?? merged;

    public override void Detach()
    {
        if (Interlocked.Exchange(ref _isDone, 1) == 0)
            use.Dispose();
    }

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDone, 1) == 0)
        {
            try
            {
                if (target is not null)
                    mounter.TryUnmount(target);
            }
            finally
            {
                mounts.Leave(id, use);
            }
        }
        return ValueTask.CompletedTask;
    }
}
