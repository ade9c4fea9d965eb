using System.Runtime.Versioning;
using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Trees;

namespace OciImages.Layers.Internal.Overlay;

/// <summary>Finds out, by doing it, whether overlays work on a file system.</summary>
[SupportedOSPlatform("linux")]
internal static class OverlaySupport
{
    private const string OpaqueName = "opaque", MovedName = "moved", FileName = "file";

    /// <returns>
    /// Why an upper directory does not tell all that changed, so that trees have to be compared; null when it does. As dockerd finds out.
    /// </returns>
    /// <exception cref="OciException">They do not; the message says why (<see cref="OciErrorKind.Unsupported"/>).</exception>
    internal static string? Check(string root, OverlayMounter mounter)
    {
        if (Libc.EffectiveUserId() != 0)
            throw Unsupported("it needs root, at least in a user namespace; the vfs driver does not");
        string probes = Path.Combine(root, ".probe");
        StoreFiles.MakeDirectory(probes, StoreFiles.PrivateDirectory);
        Sweep(probes, mounter);
        using var session = Session.Start(probes);
        string probe = Path.Combine(probes, $"{session.Name}-0");
        string merged = Path.Combine(probe, "merged");
        try
        {
            foreach (string name in (string[])["lower1", "lower2", "upper", "work", "merged"])
                StoreFiles.MakeNewDirectory(Path.Combine(probe, name), StoreFiles.PrivateDirectory);
            CheckTypes(probe, root);
            StoreFiles.MakeNewDirectory(Path.Combine(probe, "lower1", OpaqueName), StoreFiles.PrivateDirectory);
            StoreFiles.MakeNewDirectory(Path.Combine(probe, "lower2", OpaqueName), StoreFiles.PrivateDirectory);
            StoreFiles.MakeNewDirectory(Path.Combine(probe, "lower2", MovedName), StoreFiles.PrivateDirectory);
            MakeOpaque(Path.Combine(probe, "lower1", OpaqueName));
            File.WriteAllText(Path.Combine(probe, "lower2", FileName), FileName);
            mounter.MountOverlay(
                new OverlayStack
                {
                    Lowers = [Path.Combine(probe, "lower1"), Path.Combine(probe, "lower2")],
                    Upper = Path.Combine(probe, "upper"),
                    Work = Path.Combine(probe, "work"),
                },
                merged, readOnly: false);
            try
            {
                return UserNamespace.IsInside ? "a user namespace" : FindDiffProblem(merged, Path.Combine(probe, "upper"));
            }
            finally
            {
                mounter.TryUnmount(merged);
            }
        }
        catch (StorageException e) when (e.Kind is not OciErrorKind.Unavailable)
        {
            throw new OciException(
                OciErrorKind.Unsupported, $"The driver overlay2 cannot be used at {root}: {e.Message.TrimEnd('.')}. The vfs driver can.", e);
        }
        finally
        {
            Remove(probe);
        }

        OciException Unsupported(string why) => new(OciErrorKind.Unsupported, $"The driver overlay2 cannot be used at {root}: {why}.");
    }

    // A killed process leaves its probe, perhaps mounted.
    private static void Sweep(string probes, OverlayMounter mounter)
    {
        foreach (string probe in Directory.GetDirectories(probes))
        {
            if (!Session.TrySplit(Path.GetFileName(probe.AsSpan()), out var session, out _) || !Session.IsDead(probes, session))
                continue;
            mounter.TryUnmount(Path.Combine(probe, "merged"));
            Remove(probe);
        }
        Session.Forget(probes);
    }

    private static void Remove(string probe)
    {
        using var parent = FileDescriptor.OpenDirectory(Path.GetDirectoryName(probe)!);
        TreeRemover.Remove(parent, CString.From(Path.GetFileName(probe)), probe, CancellationToken.None);
    }

    /// <summary>Changes a little in a mounted overlay and looks what that makes of the upper directory.</summary>
    internal static string? FindDiffProblem(string merged, string upper)
    {
        // Makes the kernel copy the directory up.
        File.WriteAllText(Path.Combine(merged, OpaqueName, "new"), "");
        if (OverlayWhiteouts.IsOpaque(CString.From(Path.Combine(upper, OpaqueName))))
            return "a kernel that copies the mark of opaque directories";
        File.SetUnixFileMode(Path.Combine(merged, FileName), UnixFileMode.UserRead);
        if (OverlayWhiteouts.IsWithoutContent(CString.From(Path.Combine(upper, FileName))))
            return "metacopy";
        try
        {
            Directory.Move(Path.Combine(merged, MovedName), Path.Combine(merged, "renamed"));
            return "redirect_dir"; // the kernel refuses without
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void MakeOpaque(string directory)
    {
        using var opened = FileDescriptor.OpenDirectory(directory);
        int errno = new OverlayWhiteouts(UserNamespace.IsInside).HideAll(opened);
        if (errno != 0)
            throw StorageException.FromErrno(errno, "mark the directory as opaque", directory);
    }

    private static void CheckTypes(string probe, string root)
    {
        using var directory = FileDescriptor.OpenDirectory(probe);
        if (DirectoryEntries.ReadAll(directory, probe).Any(entry => entry.Type == DirectoryEntries.TypeUnknown))
            throw new OciException(
                OciErrorKind.Unsupported, $"The driver overlay2 cannot be used at {root}: the file system's directories do not tell types (d_type).");
    }
}
