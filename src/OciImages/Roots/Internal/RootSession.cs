using System.Security.Cryptography;
using OciImages.IO;

namespace OciImages.Roots.Internal;

/// <summary>
/// The mark of a process that has the root open: a locked file, which the kernel unlocks however the process ends. Whoever finds one that nobody
/// holds knows that a process was killed, and sweeps what it may have left: all others open the root without looking at a single record.
/// </summary>
internal sealed class RootSession : IDisposable
{
    private const string Suffix = ".lock";

    private readonly string _path;
    private readonly FileLock _lock;

    private RootSession(string path, FileLock held) => (_path, _lock) = (path, held);

    /// <summary>Starts a session, and sweeps after those that did not end by themselves.</summary>
    /// <returns>The session; null where nothing can be written.</returns>
    internal static RootSession? Start(RootPaths paths)
    {
        try
        {
            DurableDirectory.Create(paths.Sessions, RootPaths.OwnerOnly);
            Sweep(paths);
            while (true)
            {
                string path = Path.Combine(paths.Sessions, RandomNumberGenerator.GetHexString(16, lowercase: true) + Suffix);
                var held = FileLock.TryAcquire(path);
                // Another may have taken it for a dead one's in the moment before it was locked.
                if (held is not null && File.Exists(path))
                    return new RootSession(path, held);
                held?.Dispose();
            }
        }
        catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Delete(_path, _lock);
        _lock.Dispose();
    }

    private static void Sweep(RootPaths paths)
    {
        bool? isSwept = null;
        foreach (string path in Directory.GetFiles(paths.Sessions, "*" + Suffix))
        {
            using var dead = FileLock.TryAcquire(path);
            // What somebody is about to write to is swept another time.
            if (dead is not null && (isSwept ??= Leftovers.TrySweep(paths)))
                Delete(path, dead);
        }
    }

    // With the lock held, so that nobody takes it on a file without a name; Windows deletes no file that is open.
    private static void Delete(string path, FileLock held)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                held.Dispose();
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next start takes it for that of a process that was killed, which costs it a moment.
        }
    }
}
