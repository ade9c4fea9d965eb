using System.Runtime.Versioning;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace OciImages.Layers.Internal.Overlay;

/// <summary>
/// Directories for mounts that nobody chose a place for, named after the session that made them. What an ended process left is
/// unmounted, unless it was left on purpose: then <c>&lt;directory&gt;.detached</c> lies beside it.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class MountPoints(string directory, OverlayMounter mounter, ILogger logger) : IDisposable
{
    private const string DetachedSuffix = ".detached";
    private readonly Lock _lock = new();
    private Session? _session;

    /// <summary>Makes a directory.</summary>
    internal string Create()
    {
        string path = Path.Combine(directory, $"{Start().Name}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        StoreFiles.MakeNewDirectory(path, StoreFiles.PrivateDirectory);
        return path;
    }

    /// <summary>Notes that a directory's mount is to outlive the process.</summary>
    internal static void Detach(string path) => StoreFiles.Write(path + DetachedSuffix, "", StoreFiles.PrivateFile);

    /// <summary>Removes an unmounted directory.</summary>
    internal static void Remove(string path) => StoreFiles.Guard("delete the mount point", path, () =>
    {
        if (Directory.Exists(path))
            Directory.Delete(path);
        File.Delete(path + DetachedSuffix);
        return true;
    });

    /// <summary>Cleans up after processes that have ended.</summary>
    internal void Sweep()
    {
        if (!Directory.Exists(directory))
            return;
        foreach (string path in Directory.GetDirectories(directory))
        {
            if (!Session.TrySplit(Path.GetFileName(path.AsSpan()), out var session, out _) || !Session.IsDead(directory, session))
                continue;
            try
            {
                bool isDetached = File.Exists(path + DetachedSuffix);
                if (isDetached && IsMounted(path))
                    continue;
                if (!isDetached && mounter.TryUnmount(path))
                    logger.LeftMountRemoved(path);
                Remove(path);
            }
            catch (OciException e)
            {
                logger.LeftoverStays(e.Message);
            }
        }
        Session.Forget(directory);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _session?.Dispose();
            _session = null;
        }
    }

    private Session Start()
    {
        lock (_lock)
        {
            if (_session is null)
            {
                StoreFiles.MakeDirectory(directory, StoreFiles.DriverDirectory);
                _session = Session.Start(directory);
            }
            return _session;
        }
    }

    private static bool IsMounted(string path)
    {
        string wanted = $" {path} ";
        return File.ReadLines("/proc/self/mountinfo").Any(line => line.Contains(wanted, StringComparison.Ordinal));
    }
}
