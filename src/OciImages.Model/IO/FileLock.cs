using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using OciImages.IO.Internal;

namespace OciImages.IO;

/// <summary>
/// An advisory lock between processes, on a file that names its holder. The kernel releases it when the process ends, however it ends.
/// </summary>
/// <remarks>It does not exclude threads or tasks of the process that share one instance, but two instances exclude each other.</remarks>
public sealed class FileLock : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);
    private const int MaxHolderLength = 256;
    private static readonly int CloseOnExec = OperatingSystem.IsLinux() ? Libc.OpenCloseOnExec : Libc.OpenCloseOnExecDarwin;
    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the lock, waiting for another holder to release it.</summary>
    /// <param name="path">The lock file; made when it is missing, never removed. Its directory exists.</param>
    /// <param name="timeout">How long to wait; zero tries once.</param>
    /// <param name="timeProvider">The clock to wait by; null for the system's.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The lock; disposing it releases.</returns>
    /// <exception cref="StorageException">
    /// The lock is held by another for the whole time: the message names the holder (<see cref="OciErrorKind.Unavailable"/>); or the
    /// file cannot be opened.
    /// </exception>
    public static async ValueTask<FileLock> AcquireAsync(
        string path, TimeSpan timeout, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        timeProvider ??= TimeProvider.System;
        long start = timeProvider.GetTimestamp();
        while (true)
        {
            if (TryAcquire(path) is { } held)
                return held;
            if (timeProvider.GetElapsedTime(start) >= timeout)
                throw new StorageException(OciErrorKind.Unavailable, $"The lock {path} is held by {DescribeHolder(path)}.", path);
            await Task.Delay(PollInterval, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the lock if nobody has it.</summary>
    /// <param name="path">The lock file; made when it is missing. Its directory exists.</param>
    /// <returns>The lock, or null when another holds it.</returns>
    /// <exception cref="StorageException">The file cannot be opened.</exception>
    public static FileLock? TryAcquire(string path)
    {
        var file = OperatingSystem.IsWindows() ? OpenWindows(path, FileMode.OpenOrCreate, FileShare.Read) : OpenUnix(path);
        if (file is null)
            return null;
        try
        {
            if (!OperatingSystem.IsWindows() && !Flock(file, path, Libc.LockExclusive))
            {
                file.Dispose();
                return null;
            }
            WriteHolder(file);
            return new FileLock(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Takes a lock, if nobody is in the way, on a file that is there for another purpose: its content stays as it is and names no holder.
    /// </summary>
    /// <param name="path">The file. It must not be replaced by rename, or others lock another file of that name.</param>
    /// <param name="mode">Whether others may hold it as well. For an exclusive lock the file must be writable.</param>
    /// <returns>The lock, or null when another holds it in a way that excludes this one.</returns>
    /// <exception cref="StorageException">
    /// There is no such file (<see cref="OciErrorKind.NotFound"/>), or it cannot be opened.
    /// </exception>
    /// <remarks>
    /// The BCL takes a lock of its own on each file that it opens, for as long as it is open: read such a file through
    /// <see cref="OpenUnlocked"/>.
    /// </remarks>
    public static FileLock? TryAcquireExisting(string path, FileLockMode mode)
    {
        if (OperatingSystem.IsWindows())
        {
            var share = mode is FileLockMode.Shared ? FileShare.ReadWrite | FileShare.Delete : FileShare.Read;
            return OpenWindows(path, FileMode.Open, share) is { } opened ? new FileLock(opened) : null;
        }
        // An exclusive lock on a file that is only open for reading is refused by NFS.
        var file = Open(path, (mode is FileLockMode.Shared ? Libc.OpenReadOnly : Libc.OpenReadWrite) | CloseOnExec);
        try
        {
            if (Flock(file, path, mode is FileLockMode.Shared ? Libc.LockShared : Libc.LockExclusive))
                return new FileLock(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
        file.Dispose();
        return null;
    }

    /// <summary>Opens a file for reading without the lock that the BCL would take and could be refused.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The open file, which the caller disposes.</returns>
    /// <exception cref="StorageException">
    /// There is no such file (<see cref="OciErrorKind.NotFound"/>), or it cannot be opened.
    /// </exception>
    public static SafeFileHandle OpenUnlocked(string path)
    {
        if (!OperatingSystem.IsWindows())
            return Open(path, Libc.OpenReadOnly | CloseOnExec);
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "open the file", path);
        }
    }

    /// <summary>Says who holds a lock, for messages.</summary>
    /// <param name="path">The lock file.</param>
    /// <returns>Such as <c>process 4711 (dotnet)</c>: who took it last, which is a hint and may be stale.</returns>
    public static string DescribeHolder(string path)
    {
        Span<byte> text = stackalloc byte[MaxHolderLength];
        try
        {
            using var file = OperatingSystem.IsWindows()
                ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
                : Open(path, Libc.OpenReadOnly | CloseOnExec);
            text = text[..RandomAccess.Read(file, text, 0)];
            int end = text.IndexOf((byte)'\n');
            return end > 0 ? Encoding.UTF8.GetString(text[..end]) : "another process";
        }
        catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException)
        {
            return "another process";
        }
    }

    /// <summary>Releases the lock; a second call does nothing.</summary>
    public void Dispose() => _file.Dispose();

    private static SafeFileHandle? OpenWindows(string path, FileMode mode, FileShare share)
    {
        try
        {
            return File.OpenHandle(path, mode, FileAccess.ReadWrite, share);
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) is 0x20 or 0x21)
        {
            return null; // sharing violation: there the open itself is the lock
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "open the lock file", path);
        }
    }

    // Not through the BCL, which takes a flock of its own on every file that it opens: that fails when another holds the lock, and
    // keeps others from taking it while ours is only tried.
    private static SafeFileHandle OpenUnix(string path) =>
        Open(path, Libc.OpenReadWrite | CloseOnExec, create: true);

    private static SafeFileHandle Open(string path, int flags, bool create = false)
    {
        int descriptor;
        while ((descriptor = Libc.Open(path, flags, 0)) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno == Libc.NoEntry && create)
            {
                // Not with O_CREAT, whose mode is a variadic argument: those are passed differently on Apple's arm64.
                create = false;
                int created = Libc.Creat(path, Libc.OwnerReadWrite);
                if (created < 0)
                    throw StorageException.FromErrno(Marshal.GetLastPInvokeError(), "create the lock file", path);
                _ = Libc.Close(created);
            }
            else if (errno != Libc.Interrupted)
            {
                throw StorageException.FromErrno(errno, "open the lock file", path);
            }
        }
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    private static bool Flock(SafeFileHandle file, string path, int mode)
    {
        int descriptor = (int)file.DangerousGetHandle();
        while (Libc.Flock(descriptor, mode | Libc.LockNonBlocking) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno is Libc.TryAgain or Libc.TryAgainDarwin)
                return false;
            if (errno != Libc.Interrupted)
                throw StorageException.FromErrno(errno, "lock the file", path);
        }
        return true;
    }

    private static void WriteHolder(SafeFileHandle file)
    {
        // Only a hint for the message of whoever waits: not synced, and stale after the holder's end.
        byte[] text = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"process {Environment.ProcessId} ({Path.GetFileName(Environment.ProcessPath)})\n"));
        try
        {
            RandomAccess.SetLength(file, 0);
            RandomAccess.Write(file, text.AsSpan(0, Math.Min(text.Length, MaxHolderLength)), 0);
        }
        catch (IOException)
        {
            // A full disk does not keep anybody from holding a lock.
        }
    }
}
