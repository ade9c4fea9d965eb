using OciImages.IO;

namespace OciImages.Roots.Internal;

/// <summary>
/// Deletes what writers of records left that were killed. Each of the folders is written to with its lock held: with the lock in hand, what is
/// temporary is nobody's. Layers and content are swept by their own stores.
/// </summary>
internal static class Leftovers
{
    internal const string Pattern = ".tmp-*";

    /// <returns>Whether all was looked at: no other process was at it.</returns>
    internal static bool TrySweep(RootPaths paths)
    {
        var flat = SearchOption.TopDirectoryOnly;
        var deep = SearchOption.AllDirectories;
        return TrySweep(paths.ReferenceLock, paths.Image, flat)
            & TrySweep(Path.Combine(paths.ImageDb, ".lock"), paths.ImageDb, deep)
            & TrySweep(Path.Combine(paths.Distribution, ".lock"), paths.Distribution, deep)
            & TrySweep(Path.Combine(paths.Origins, ".lock"), paths.Origins, flat);
    }

    private static bool TrySweep(string lockPath, string folder, SearchOption depth)
    {
        try
        {
            if (!Directory.Exists(folder))
                return true;
            using var held = FileLock.TryAcquire(lockPath);
            if (held is null)
                return false;
            foreach (string path in Directory.GetFiles(folder, Pattern, depth))
                File.Delete(path);
            return true;
        }
        catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
