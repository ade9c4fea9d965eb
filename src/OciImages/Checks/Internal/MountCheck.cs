using System.Runtime.CompilerServices;
using OciImages.IO;
using OciImages.Layers;
using OciImages.Roots;

namespace OciImages.Checks.Internal;

/// <summary>
/// Looks for mount points that were kept (<see cref="IImageFileSystems.KeepMountedAsync"/>) and have no mount any more, as after a restart of the
/// machine. Those of ended processes the driver takes away by itself.
/// </summary>
internal sealed class MountCheck(ImageRoot root, bool repair)
{
    // Whoever mounts makes the directory first.
    private static readonly TimeSpan MountTime = TimeSpan.FromMinutes(1);

    internal async IAsyncEnumerable<StoreFinding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        if (!OperatingSystem.IsLinux() || !Directory.Exists(root.MountDirectory))
            yield break;
        foreach (string path in Directory.EnumerateDirectories(root.MountDirectory))
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool isKept = Digest.TryParse($"{DigestAlgorithm.Sha256.Name}:{Path.GetFileName(path)}", out _);
            if (!isKept || MountPoint.IsMounted(path) || root.TimeProvider.GetUtcNow().UtcDateTime - Directory.GetLastWriteTimeUtc(path) < MountTime)
                continue;
            yield return new StoreFinding(
                "mounts", path, "It is a mount point on which nothing is mounted.", StoreFindingSeverity.Waste, "The directory is deleted if it is empty.")
                with { IsRepaired = repair && TryDelete(path) };
        }
    }

    private static bool TryDelete(string path)
    {
        try
        {
            Directory.Delete(path, recursive: false);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // not empty, or mounted meanwhile
        }
    }
}
