using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using OciImages.IO.Internal;

namespace OciImages.IO;

/// <summary>
/// Writes that survive a power cut: data is on the disk before its name is, and the name is on the disk before the call returns.
/// </summary>
/// <remarks>
/// Calls <c>fsync</c> directly, because the BCL's <c>Flush(true)</c> and <c>FlushToDisk</c> lose its errors on .NET 10.0.12
/// (measured), and because the BCL has no way to sync a directory.
/// </remarks>
public static class DurableFile
{
    // As Docker begins its own, which dockerd ignores when a crash leaves one; the rest tells them apart, since dockerd knows none of our locks.
    private const string TemporaryPrefix = ".tmp-oci-";

    /// <summary>Replaces a file as a whole: a reader, and the disk after a power cut, has the old content or the new, never a part.</summary>
    /// <param name="path">The file; its directory exists.</param>
    /// <param name="content">The new content.</param>
    /// <param name="mode">The permission bits of the file; not used on Windows.</param>
    /// <param name="cancellationToken">Cancels before the new content has its name.</param>
    /// <returns>A task that ends when the content and its name are on the disk.</returns>
    /// <exception cref="StorageException">The file could not be written; the old content is still there.</exception>
    public static ValueTask WriteAsync(
        string path, ReadOnlyMemory<byte> content, UnixFileMode mode, CancellationToken cancellationToken = default) =>
        WriteAsync(path, content, mode, Path.GetDirectoryName(Path.GetFullPath(path))!, cancellationToken);

    /// <summary>
    /// The same, with the temporary file in a directory of the caller's choice: what killed writers of many directories left is then found in one
    /// (see <see cref="StoreLock"/>).
    /// </summary>
    /// <param name="path">The file; its directory exists.</param>
    /// <param name="content">The new content.</param>
    /// <param name="mode">The permission bits of the file; not used on Windows.</param>
    /// <param name="temporaryDirectory">A directory on the same file system; it exists.</param>
    /// <param name="cancellationToken">Cancels before the new content has its name.</param>
    /// <returns>A task that ends when the content and its name are on the disk.</returns>
    /// <exception cref="StorageException">The file could not be written; the old content is still there.</exception>
    public static async ValueTask WriteAsync(
        string path, ReadOnlyMemory<byte> content, UnixFileMode mode, string temporaryDirectory, CancellationToken cancellationToken)
    {
        string directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string temporary = Path.Combine(
            temporaryDirectory, $"{TemporaryPrefix}{Path.GetFileName(path)}{RandomNumberGenerator.GetInt32(int.MaxValue)}");
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            var stream = new FileStream(temporary, options);
            await using (stream.ConfigureAwait(false))
            {
                await stream.WriteAsync(content, cancellationToken).ConfigureAwait(false);
                if (!OperatingSystem.IsWindows())
                    File.SetUnixFileMode(stream.SafeFileHandle, mode);
                Sync(stream.SafeFileHandle, temporary);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e)
        {
            TryDelete(temporary);
            if (e is IOException or UnauthorizedAccessException)
                throw StorageException.From(e, "write the file", path);
            throw;
        }
        SyncDirectory(directory);
    }

    /// <summary>Waits until a file's data and size are on the disk.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="path">The path, for the message of an error.</param>
    /// <exception cref="StorageException">The disk refused: the content may be lost, whatever later calls say.</exception>
    public static void Sync(SafeFileHandle file, string path)
    {
        bool added = false;
        try
        {
            file.DangerousAddRef(ref added);
            Sync(file.DangerousGetHandle(), path);
        }
        finally
        {
            if (added)
                file.DangerousRelease();
        }
    }

    /// <summary>Waits until a directory's entries are on the disk; does nothing on Windows, where NTFS journals them.</summary>
    /// <param name="path">The directory.</param>
    /// <exception cref="StorageException">The directory cannot be opened or synced.</exception>
    public static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = Libc.Open(path, Libc.OpenReadOnly, 0);
        if (descriptor < 0)
            throw StorageException.FromErrno(Marshal.GetLastPInvokeError(), "open the directory to sync it", path);
        try
        {
            Sync(descriptor, path);
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }

    /// <summary>Whether there is a file; unlike the BCL, not silent when that cannot be told.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Whether it is there; false for a directory.</returns>
    /// <exception cref="StorageException">It may not be looked for, or the disk refuses: that is not absence.</exception>
    public static bool Exists(string path)
    {
        if (File.Exists(path))
            return true;
        DurableDirectory.ThrowUnlessTold(path);
        return false;
    }

    /// <summary>Deletes the temporary files of writers that were killed. Whoever may write there at the same time is kept out by the caller.</summary>
    internal static void SweepTemporaries(string directory)
    {
        try
        {
            foreach (string path in Directory.EnumerateFiles(directory, TemporaryPrefix + "*"))
                File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // They are only in the way; the next start tries again.
        }
    }

    private static void Sync(nint handle, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            if (!Libc.FlushFileBuffers(handle))
                throw new StorageException(OciErrorKind.Unavailable, $"Cannot sync {path}: {Marshal.GetLastPInvokeErrorMessage()}.", path);
            return;
        }
        while (Libc.Fsync((int)handle) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Libc.Interrupted)
                throw StorageException.FromErrno(errno, "sync the file", path);
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure that brought us here is the one to report; a leftover is swept at the next start.
        }
    }
}
