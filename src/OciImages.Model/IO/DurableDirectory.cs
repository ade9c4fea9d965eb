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
}
