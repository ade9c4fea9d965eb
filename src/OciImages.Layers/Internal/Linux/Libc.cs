using System.Runtime.InteropServices;

namespace OciImages.Layers.Internal.Linux;

/// <summary>
/// Every Linux call of this assembly. Names and paths are bytes that end with NUL, never decoded; results are the C library's: -1 and
/// errno on failure. Constants are those of x64 and arm64; where the two differ, the running one is chosen.
/// </summary>
/// <remarks>
/// Calls that older C libraries lack (<c>openat2</c>, the mount API) or export under other names (<c>mknodat</c>, <c>statx</c>)
/// go through <c>syscall</c>, which on both architectures passes its variable arguments like fixed ones.
/// </remarks>
internal static partial class Libc
{
    internal const int AtCurrentDirectory = -100;
    internal const int AtSymlinkNoFollow = 0x100;
    internal const int AtRemoveDirectory = 0x200;
    internal const int AtEmptyPath = 0x1000;

    internal const int OpenReadOnly = 0;
    internal const int OpenWriteOnly = 1;
    internal const int OpenCreate = 0x40;
    internal const int OpenExclusive = 0x80;
    internal const int OpenNonBlocking = 0x800;
    internal const int OpenCloseOnExec = 0x80000;
    internal const int OpenPath = 0x200000;

    internal const ulong ResolveNoCrossDevice = 0x01;
    internal const ulong ResolveNoMagicLinks = 0x02;
    internal const ulong ResolveNoSymlinks = 0x04;
    internal const ulong ResolveBeneath = 0x08;
    internal const ulong ResolveInRoot = 0x10;

    internal const int SeekData = 3;
    internal const int SeekHole = 4;
    internal const nuint FiClone = 0x40049409;

    internal static readonly int OpenDirectory = IsArm64 ? 0x4000 : 0x10000;
    internal static readonly int OpenNoFollow = IsArm64 ? 0x8000 : 0x20000;

    private static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    // The numbers below 424 are each architecture's own; from there on all share them.
    private static readonly nint MknodAtNumber = IsArm64 ? 33 : 259;
    private static readonly nint GetDirectoryEntriesNumber = IsArm64 ? 61 : 217;
    private static readonly nint StatxNumber = IsArm64 ? 291 : 332;
    private static readonly nint CopyFileRangeNumber = IsArm64 ? 285 : 326;
    private const nint OpenTreeNumber = 428;
    private const nint MoveMountNumber = 429;
    private const nint FsOpenNumber = 430;
    private const nint FsConfigNumber = 431;
    private const nint FsMountNumber = 432;
    private const nint OpenAt2Number = 437;
    private const nint MountSetAttributesNumber = 442;

    internal static unsafe int OpenAt2(int directory, ReadOnlySpan<byte> path, OpenHow how)
    {
        fixed (byte* p = path)
            return (int)Syscall(OpenAt2Number, directory, (nint)p, (nint)(&how), sizeof(OpenHow), 0);
    }

    internal static unsafe int Statx(int directory, ReadOnlySpan<byte> path, int flags, out StatxData data)
    {
        const int basicStats = 0x7FF;
        fixed (byte* p = path)
        fixed (StatxData* d = &data)
            return (int)Syscall(StatxNumber, directory, (nint)p, flags, basicStats, (nint)d);
    }

    internal static unsafe int MknodAt(int directory, ReadOnlySpan<byte> path, uint mode, uint device)
    {
        fixed (byte* p = path)
            return (int)Syscall(MknodAtNumber, directory, (nint)p, (nint)mode, (nint)device, 0);
    }

    internal static unsafe int GetDirectoryEntries(int directory, Span<byte> buffer)
    {
        fixed (byte* b = buffer)
            return (int)Syscall(GetDirectoryEntriesNumber, directory, (nint)b, buffer.Length, 0, 0);
    }

    internal static nint CopyFileRange(int source, int destination, nint length) =>
        SyscallSix(CopyFileRangeNumber, source, 0, destination, 0, length, 0);

    internal static unsafe int OpenTree(int directory, ReadOnlySpan<byte> path, uint flags)
    {
        fixed (byte* p = path)
            return (int)Syscall(OpenTreeNumber, directory, (nint)p, (nint)flags, 0, 0);
    }

    internal static unsafe int MountSetAttributes(int mount, MountAttributes attributes)
    {
        byte empty = 0;
        return (int)Syscall(MountSetAttributesNumber, mount, (nint)(&empty), AtEmptyPath, (nint)(&attributes), sizeof(MountAttributes));
    }

    internal static unsafe int MoveMount(int mount, int directory, ReadOnlySpan<byte> path)
    {
        const int fromEmptyPath = 4;
        byte empty = 0;
        fixed (byte* p = path)
            return (int)Syscall(MoveMountNumber, mount, (nint)(&empty), directory, (nint)p, fromEmptyPath);
    }

    internal static unsafe int FsOpen(ReadOnlySpan<byte> fileSystem, uint flags)
    {
        fixed (byte* p = fileSystem)
            return (int)Syscall(FsOpenNumber, (nint)p, (nint)flags, 0, 0, 0);
    }

    internal static unsafe int FsConfig(int context, uint command, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, int auxiliary)
    {
        fixed (byte* k = key)
        fixed (byte* v = value)
            return (int)Syscall(FsConfigNumber, context, (nint)command, (nint)k, (nint)v, auxiliary);
    }

    internal static int FsMount(int context, uint flags, uint attributes) => (int)Syscall(FsMountNumber, context, (nint)flags, (nint)attributes, 0, 0);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint a, nint b, nint c, nint d, nint e);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SyscallSix(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    internal static partial int OpenAt(int directory, ReadOnlySpan<byte> path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int descriptor, Span<byte> buffer, nint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int descriptor, ReadOnlySpan<byte> buffer, nint count);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    internal static partial long Seek(int descriptor, long offset, int origin);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int Truncate(int descriptor, long length);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
    internal static partial int MkdirAt(int directory, ReadOnlySpan<byte> path, uint mode);

    [LibraryImport("libc", EntryPoint = "symlinkat", SetLastError = true)]
    internal static partial int SymlinkAt(ReadOnlySpan<byte> target, int directory, ReadOnlySpan<byte> path);

    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
    internal static partial nint ReadLinkAt(int directory, ReadOnlySpan<byte> path, Span<byte> buffer, nint size);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true)]
    internal static partial int LinkAt(int fromDirectory, ReadOnlySpan<byte> from, int directory, ReadOnlySpan<byte> path, int flags);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    internal static partial int UnlinkAt(int directory, ReadOnlySpan<byte> path, int flags);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true)]
    internal static partial int RenameAt(int fromDirectory, ReadOnlySpan<byte> from, int directory, ReadOnlySpan<byte> path);

    [LibraryImport("libc", EntryPoint = "fchownat", SetLastError = true)]
    internal static partial int ChownAt(int directory, ReadOnlySpan<byte> path, uint user, uint group, int flags);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    internal static partial int Chown(int descriptor, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    internal static partial int Chmod(int descriptor, uint mode);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true)]
    internal static partial int ChmodPath(ReadOnlySpan<byte> path, uint mode);

    [LibraryImport("libc", EntryPoint = "futimens", SetLastError = true)]
    internal static partial int SetTimes(int descriptor, ReadOnlySpan<Timespec> times);

    [LibraryImport("libc", EntryPoint = "utimensat", SetLastError = true)]
    internal static partial int SetTimesAt(int directory, ReadOnlySpan<byte> path, ReadOnlySpan<Timespec> times, int flags);

    [LibraryImport("libc", EntryPoint = "fsetxattr", SetLastError = true)]
    internal static partial int SetAttribute(int descriptor, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, nint size, int flags);

    [LibraryImport("libc", EntryPoint = "setxattr", SetLastError = true)]
    internal static partial int SetAttributePath(
        ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, nint size, int flags);

    [LibraryImport("libc", EntryPoint = "getxattr", SetLastError = true)]
    internal static partial nint GetAttributePath(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, Span<byte> value, nint size);

    [LibraryImport("libc", EntryPoint = "listxattr", SetLastError = true)]
    internal static partial nint ListAttributesPath(ReadOnlySpan<byte> path, Span<byte> names, nint size);

    [LibraryImport("libc", EntryPoint = "removexattr", SetLastError = true)]
    internal static partial int RemoveAttributePath(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int IoControl(int descriptor, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    internal static partial int SyncFileSystem(int descriptor);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint EffectiveUserId();

    [LibraryImport("libc", EntryPoint = "getegid")]
    internal static partial uint EffectiveGroupId();

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true)]
    internal static partial int Mount(
        ReadOnlySpan<byte> source, ReadOnlySpan<byte> target, ReadOnlySpan<byte> fileSystem, nuint flags, ReadOnlySpan<byte> data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true)]
    internal static partial int Unmount(ReadOnlySpan<byte> target, int flags);
}
