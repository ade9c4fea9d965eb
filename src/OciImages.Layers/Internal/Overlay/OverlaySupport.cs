using System.Runtime.Versioning;
using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Trees;

namespace OciImages.Layers.Internal.Overlay;

/// <summary>Finds out, by doing it, whether overlays work on a file system.</summary>
[SupportedOSPlatform("linux")]
internal static class OverlaySupport
{
    /// <exception cref="OciException">They do not; the message says why (<see cref="OciErrorKind.Unsupported"/>).</exception>
    internal static void Check(string root, OverlayMounter mounter)
    {
        if (Libc.EffectiveUserId() != 0)
            throw Unsupported("it needs root, at least in a user namespace; the vfs driver does not");
        string probe = Path.Combine(root, $".probe-{Guid.NewGuid():N}");
        string merged = Path.Combine(probe, "merged");
        try
        {
            foreach (string name in (string[])["lower1", "lower2", "upper", "work", "merged"])
                StoreFiles.MakeNewDirectory(Path.Combine(probe, name), StoreFiles.PrivateDirectory);
            CheckTypes(probe, root);
            mounter.MountOverlay(
                new OverlayStack
                {
                    Lowers = [Path.Combine(probe, "lower1"), Path.Combine(probe, "lower2")],
                    Upper = Path.Combine(probe, "upper"),
                    Work = Path.Combine(probe, "work"),
                },
                merged, readOnly: false);
            mounter.TryUnmount(merged);
        }
        catch (StorageException e) when (e.Kind is not OciErrorKind.Unavailable)
        {
            throw new OciException(
                OciErrorKind.Unsupported, $"The driver overlay2 cannot be used at {root}: {e.Message.TrimEnd('.')}. The vfs driver can.", e);
        }
        finally
        {
            using var parent = FileDescriptor.OpenDirectory(root);
            TreeRemover.Remove(parent, CString.From(Path.GetFileName(probe)), probe, CancellationToken.None);
        }

        OciException Unsupported(string why) => new(OciErrorKind.Unsupported, $"The driver overlay2 cannot be used at {root}: {why}.");
    }

    private static void CheckTypes(string probe, string root)
    {
        using var directory = FileDescriptor.OpenDirectory(probe);
        if (DirectoryEntries.ReadAll(directory, probe).Any(entry => entry.Type == DirectoryEntries.TypeUnknown))
            throw new OciException(
                OciErrorKind.Unsupported, $"The driver overlay2 cannot be used at {root}: the file system's directories do not tell types (d_type).");
    }
}
