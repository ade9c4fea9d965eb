using System.Runtime.InteropServices;

namespace OciImages.IO.Internal;

// The few calls that durability needs and the BCL lacks or gets wrong; see docs/decisions/001.
internal static partial class Libc
{
    internal const int OpenReadOnly = 0;
    internal const int OpenReadWrite = 2;
    internal const int OpenCloseOnExec = 0x80000;
    internal const int OpenCloseOnExecDarwin = 0x1000000;
    internal const int OwnerReadWrite = 0x180; // 0600
    internal const int LockExclusive = 2;
    internal const int LockNonBlocking = 4;
    internal const int LockShared = 1;
    internal const int NoEntry = 2;
    internal const int NotADirectory = 20;
    internal const int Existence = 0;
    internal const int TryAgain = 11; // EWOULDBLOCK on Linux
    internal const int TryAgainDarwin = 35;
    internal const int Interrupted = 4;

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Fsync(int fileDescriptor);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "creat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Creat(string path, int mode);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fileDescriptor);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int Flock(int fileDescriptor, int operation);

    [LibraryImport("kernel32", EntryPoint = "FlushFileBuffers", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool FlushFileBuffers(nint file);
}
