using System.Text;
using OciImages.IO;

namespace OciImages.Layers.Internal;

/// <summary>The small files and directories of drivers and of the layer store, with exact modes and errors that name the path.</summary>
internal static class StoreFiles
{
    private const int MaxSize = 64 * 1024;

    internal const UnixFileMode PrivateDirectory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    internal const UnixFileMode DriverDirectory = PrivateDirectory | UnixFileMode.GroupExecute;
    internal const UnixFileMode PublicDirectory = PrivateDirectory
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
    internal const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    internal const UnixFileMode PublicFile = PrivateFile | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Makes a directory with all above it; the mode is its own, whatever the umask, and an existing one keeps its mode.</summary>
    internal static void MakeDirectory(string path, UnixFileMode mode)
    {
        if (!Directory.Exists(path))
            MakeNewDirectory(path, mode);
    }

    /// <summary>Makes a directory with all above it, and sets its mode.</summary>
    internal static void MakeNewDirectory(string path, UnixFileMode mode) => Guard("make the directory", path, () =>
    {
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, mode);
        return true;
    });

    /// <summary>Writes a small file in place; the caller syncs.</summary>
    internal static void Write(string path, string content, UnixFileMode mode) => Guard("write the file", path, () =>
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file.SafeFileHandle, mode);
        file.Write(Encoding.ASCII.GetBytes(content));
        return true;
    });

    /// <summary>Reads a small file, without white space around. Locks on it are neither taken nor minded.</summary>
    /// <returns>The text, or null when there is no such file.</returns>
    internal static string? TryRead(string path) => Guard("read the file", path, () =>
    {
        try
        {
            using var file = FileLock.OpenUnlocked(path);
            byte[] buffer = new byte[Math.Min(RandomAccess.GetLength(file), MaxSize)];
            int length = 0;
            while (length < buffer.Length && RandomAccess.Read(file, buffer.AsSpan(length), length) is var read and not 0)
                length += read;
            return Encoding.UTF8.GetString(buffer, 0, length).Trim();
        }
        catch (StorageException e) when (e.Kind is OciErrorKind.NotFound)
        {
            return null;
        }
    });

    /// <summary>Lists the directories that have the name of a layer.</summary>
    internal static IEnumerable<(string Id, string Path)> ListIds(string directory) => Directory.Exists(directory)
        ? Directory.EnumerateDirectories(directory).Select(path => (Id: Path.GetFileName(path), Path: path)).Where(entry => LayerId.IsValid(entry.Id))
        : [];

    /// <summary>Runs what may throw the BCL's exceptions.</summary>
    /// <exception cref="StorageException">The action threw an <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</exception>
    internal static T Guard<T>(string action, string path, Func<T> run)
    {
        try
        {
            return run();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, action, path);
        }
    }
}
