using System.Runtime.Versioning;
using OciImages.IO;
using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Overlay;

/// <summary>
/// Mounts of writable layers at Docker's place, <c>&lt;id&gt;/merged</c>, because an upper directory can be mounted once: the first user makes
/// the mount and the last one takes it away, in whichever processes they are. Each user shares a lock on the layer's file <c>link</c>;
/// who makes or unmakes the mount has it alone. So the mount table and the kernel's locks are all there is to know.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class SharedMounts(OverlayLayout layout, OverlayMounter mounter)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);
    private const int MaxTries = 1000;

    /// <summary>Mounts a layer, or joins those who use it.</summary>
    /// <returns>What to give to <see cref="Leave"/> at the end.</returns>
    internal async ValueTask<FileLock> EnterAsync(string id, string? label, CancellationToken cancellationToken)
    {
        string merged = layout.Merged(id), link = layout.LinkFile(id);
        for (int i = 0; i < MaxTries; i++)
        {
            using (var alone = FileLock.TryAcquireExisting(link, FileLockMode.Exclusive))
            {
                if (alone is not null && !IsMounted(id))
                    Mount(id, merged, label);
            }
            // Between the two locks the last user may have gone and unmounted.
            var shared = FileLock.TryAcquireExisting(link, FileLockMode.Shared);
            if (shared is not null && IsMounted(id))
                return shared;
            shared?.Dispose();
            await Task.Delay(PollInterval, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        throw new StorageException(OciErrorKind.Unavailable, $"Another process keeps the mount of the overlay2 layer {id} to itself.", link);
    }

    /// <summary>Ends a use, and the mount with it when it was the last.</summary>
    internal void Leave(string id, FileLock use)
    {
        use.Dispose();
        using var alone = FileLock.TryAcquireExisting(layout.LinkFile(id), FileLockMode.Exclusive);
        if (alone is not null)
            Unmount(id);
    }

    /// <summary>Locks out everybody, for the removal of a layer, and unmounts it.</summary>
    /// <returns>The lock, or null when the layer has nothing to lock.</returns>
    /// <exception cref="OciException">The layer is mounted by a process that lives (<see cref="OciErrorKind.Conflict"/>).</exception>
    internal FileLock? Close(string id)
    {
        FileLock? alone = null;
        if (File.Exists(layout.LinkFile(id)))
        {
            alone = FileLock.TryAcquireExisting(layout.LinkFile(id), FileLockMode.Exclusive)
                ?? throw new OciException(OciErrorKind.Conflict, $"The overlay2 layer {id} is mounted at {layout.Merged(id)} and in use.");
        }
        Unmount(id);
        return alone;
    }

    private void Mount(string id, string merged, string? label)
    {
        StoreFiles.MakeDirectory(merged, StoreFiles.PrivateDirectory);
        mounter.MountOverlay(layout.WritableStack(id, label), merged, readOnly: false);
    }

    private void Unmount(string id)
    {
        string merged = layout.Merged(id);
        mounter.TryUnmount(merged);
        StoreFiles.Guard("delete the mount point", merged, () =>
        {
            if (Directory.Exists(merged))
                Directory.Delete(merged);
            return true;
        });
    }

    // An overlay is a device of its own. The mount table would have to be searched, by a path that may differ from ours.
    private bool IsMounted(string id) =>
        Libc.Statx(Libc.AtCurrentDirectory, CString.From(layout.Merged(id)), Libc.AtSymlinkNoFollow, out var merged) == 0
        && Libc.Statx(Libc.AtCurrentDirectory, CString.From(layout.Layer(id)), Libc.AtSymlinkNoFollow, out var layer) == 0
        && (merged.DeviceMajor, merged.DeviceMinor) != (layer.DeviceMajor, layer.DeviceMinor);
}
