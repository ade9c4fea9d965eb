using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using OciImages.IO;

namespace OciImages.Roots.Internal;

/// <summary>
/// Makes sure that a directory is a data root that this version can work with, and makes what is missing of it. Where nothing can be
/// written, a root that is there is opened all the same: it can be listed, and what changes it says what it cannot write.
/// </summary>
internal static partial class RootOpening
{
    /// <summary>The format of what is below <c>oci-images</c>. A version that reads a greater number changes nothing.</summary>
    private const int Version = 1;

    private const int MaxVersionLength = 16;

    // What a root has from its first second on, whoever made it; dockerd makes the others before it makes image.
    private static readonly string[] Marks = ["image", "oci-images", "containers", "engine-id"];

    internal static void Open(RootPaths paths, ILogger logger)
    {
        RequireStore(paths);
        bool isVersioned = CheckVersion(paths.Version);
        try
        {
            paths.Create();
            if (!isVersioned)
                WriteVersion(paths);
        }
        catch (StorageException e) when (Directory.Exists(paths.Image))
        {
            LogNotCompleted(logger, paths.Root, e.Message);
        }
    }

    private static void RequireStore(RootPaths paths)
    {
        if (File.Exists(paths.Root))
            throw new StorageException(OciErrorKind.InvalidInput, $"The data root {paths.Root} is a file, not a directory.", paths.Root);
        if (!Directory.Exists(paths.Root) || Marks.Any(mark => Path.Exists(Path.Combine(paths.Root, mark))) || Directory.Exists(paths.DriverHome))
            return;
        string? foreign;
        try
        {
            foreign = Directory.EnumerateFileSystemEntries(paths.Root).Select(Path.GetFileName).FirstOrDefault(name => name != "lost+found");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "list the data root", paths.Root);
        }
        if (foreign is not null)
        {
            throw new StorageException(
                OciErrorKind.InvalidInput, $"{paths.Root} is not empty and is no data root: it has \"{foreign}\", but no directory \"image\".", paths.Root);
        }
    }

    /// <returns>Whether there is a version that this one knows.</returns>
    private static bool CheckVersion(string path)
    {
        string text;
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> bytes = stackalloc byte[MaxVersionLength];
            text = Encoding.ASCII.GetString(bytes[..RandomAccess.Read(file, bytes, 0)]).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the version of the data root", path);
        }
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int version) || version == 0)
            throw new StorageException(OciErrorKind.Corrupt, $"The file {path} holds no version of a data root.", path);
        if (version > Version)
        {
            throw new StorageException(
                OciErrorKind.Unsupported, $"The data root was made by a newer version: {path} says format {version}, and formats up to {Version} are known here.", path);
        }
        return true;
    }

    private static void WriteVersion(RootPaths paths)
    {
        // Whoever holds it now has opened the root, or is just writing the version too.
        using var hold = FileLock.TryAcquire(paths.ImagesLock);
        if (hold is null)
            return;
        string path = paths.Version;
        string temporary = Path.Combine(paths.Own, ".tmp-version");
        try
        {
            // A process that was killed here left one of that name.
            File.Delete(temporary);
            using (var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                RandomAccess.Write(file, Encoding.ASCII.GetBytes(Version.ToString(CultureInfo.InvariantCulture)), 0);
                DurableFile.Sync(file, temporary);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw StorageException.From(e, "write the version of the data root", path);
        }
        DurableFile.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    [LoggerMessage(1, LogLevel.Warning, "The data root {Path} cannot be completed and is opened for reading: {Reason}")]
    private static partial void LogNotCompleted(ILogger logger, string path, string reason);
}
