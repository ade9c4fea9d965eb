using System.Runtime.InteropServices;
using OciImages.IO.Internal;

namespace OciImages.IO;

/// <summary>Makes directories whose names survive a power cut.</summary>
public static class DurableDirectory
{
    /// <summary>Makes a directory and those above it that are missing. Nothing happens when it exists.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="mode">The permission bits of each directory that is made, less the umask; not used on Windows.</param>
    /// <exception cref="StorageException">A directory could not be made, or its name not be put on the disk.</exception>
    public static void Create(string path, UnixFileMode mode)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Directory.Exists(path))
            return;
        string? parent = Path.GetDirectoryName(path);
        if (parent is not null)
            Create(parent, mode);
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(path);
            else
                Directory.CreateDirectory(path, mode);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "create the directory", path);
        }
        if (parent is not null)
            DurableFile.SyncDirectory(parent);
    }

    /// <summary>Whether there is a directory; unlike the BCL, not silent when that cannot be told.</summary>
    /// <param name="path">The directory.</param>
    /// <returns>Whether it is there; false for a file.</returns>
    /// <exception cref="StorageException">It may not be looked for, or the disk refuses: that is not absence.</exception>
    public static bool Exists(string path)
    {
        if (Directory.Exists(path))
            return true;
        ThrowUnlessTold(path);
        return false;
    }

    /// <summary>Throws when the BCL's "no" to a path means that it may not be looked for.</summary>
    internal static void ThrowUnlessTold(string path)
    {
        // Windows tells; and here no exception is made for what is merely absent, which is asked for often.
        if (OperatingSystem.IsWindows() || Libc.Access(path, Libc.Existence) == 0)
            return;
        int errno = Marshal.GetLastPInvokeError();
        if (errno is not (Libc.NoEntry or Libc.NotADirectory))
            throw StorageException.FromErrno(errno, "look for the file", path);
    }
}
