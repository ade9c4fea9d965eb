using System.Runtime.InteropServices;

namespace OciImages;

/// <summary>The failure of a file-system operation of a store: a full or read-only disk, missing rights, an I/O error.</summary>
public sealed class StorageException : OciException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="kind">What kind of failure it is.</param>
    /// <param name="message">One sentence: what failed, and where.</param>
    /// <param name="path">The file or directory that it is about.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public StorageException(OciErrorKind kind, string message, string path, Exception? innerException = null)
        : base(kind, message, innerException) => Path = path;

    /// <summary>The file or directory that it is about.</summary>
    public string Path { get; }

    /// <summary>Always false: a full disk does not become empty by trying again.</summary>
    public override bool IsTransient => false;

    /// <summary>Makes the exception for a failed system call.</summary>
    /// <param name="errno">The error number, as <see cref="Marshal.GetLastPInvokeError"/> gives it.</param>
    /// <param name="action">What was being done, such as <c>write the ingest</c>.</param>
    /// <param name="path">The file or directory.</param>
    /// <returns>The exception.</returns>
    public static StorageException FromErrno(int errno, string action, string path) =>
        new(KindOf(errno), $"Cannot {action} at {path}: {Marshal.GetPInvokeErrorMessage(errno)}.", path);

    /// <summary>Makes the exception for what the BCL threw.</summary>
    /// <param name="exception">An <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</param>
    /// <param name="action">What was being done, such as <c>write the ingest</c>.</param>
    /// <param name="path">The file or directory.</param>
    /// <returns>The exception, with <paramref name="exception"/> inside.</returns>
    public static StorageException From(Exception exception, string action, string path)
    {
        var kind = exception switch
        {
            FileNotFoundException or DirectoryNotFoundException => OciErrorKind.NotFound,
            UnauthorizedAccessException => OciErrorKind.Forbidden,
            // On Unix the BCL puts the errno into HResult where it has no HRESULT of its own.
            IOException io when !OperatingSystem.IsWindows() => KindOf(io.HResult),
            IOException io when (io.HResult & 0xFFFF) is 0x70 or 0x27 => OciErrorKind.Unavailable,
            _ => OciErrorKind.Unknown,
        };
        return new StorageException(kind, $"Cannot {action} at {path}: {exception.Message.TrimEnd('.')}.", path, exception);
    }

    private static OciErrorKind KindOf(int errno) => errno switch
    {
        2 => OciErrorKind.NotFound,                            // ENOENT
        17 or 39 => OciErrorKind.AlreadyExists,                // EEXIST, ENOTEMPTY
        1 or 13 or 30 => OciErrorKind.Forbidden,               // EPERM, EACCES, EROFS
        4 or 5 or 11 or 23 or 24 or 28 or 122 => OciErrorKind.Unavailable, // EINTR, EIO, EAGAIN, ENFILE, EMFILE, ENOSPC, EDQUOT
        18 or 40 => OciErrorKind.InvalidInput,                 // EXDEV, ELOOP: a name that leads out
        38 or 95 => OciErrorKind.Unsupported,                  // ENOSYS, EOPNOTSUPP
        _ => OciErrorKind.Unknown,
    };
}
