using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Overlay;

/// <summary>
/// Mounts overlays and bind mounts. The mount API of Linux 6.7 takes any number of lower directories; on older kernels
/// <c>mount(2)</c> gets them as <c>/proc/self/fd/N</c>, which are short enough for its one page of options.
/// </summary>
internal sealed class OverlayMounter(ILogger logger)
{
    private const int PageLimit = 4095;
    private const int StringLimit = 255;
    private const uint SetFlag = 0, SetString = 1, SetDescriptor = 5, Create = 6;
    private const uint CloseOnExec = 1;
    private const uint CloneTree = 1;
    private const nuint ReadOnly = 1, Remount = 32, Bind = 4096;

    private static readonly bool HasIndex = File.Exists("/sys/module/overlay/parameters/index");

    /// <summary>Whether only <c>mount(2)</c> is used; tests set it.</summary>
    internal bool AvoidMountApi { get; init; }

    /// <summary>Mounts a stack of layers.</summary>
    internal void MountOverlay(OverlayStack stack, string target, bool readOnly)
    {
        if (AvoidMountApi || !TryMountApi(stack, target, readOnly))
            MountClassic(stack, target, readOnly);
    }

    /// <summary>Makes a directory visible at another place.</summary>
    internal void MountBind(string source, string target, bool readOnly)
    {
        byte[] from = CString.From(source);
        int tree = AvoidMountApi ? -1 : Libc.OpenTree(Libc.AtCurrentDirectory, from, CloneTree | Libc.OpenCloseOnExec);
        if (tree >= 0)
        {
            using var mount = new FileDescriptor(tree);
            if (!readOnly || Libc.MountSetAttributes(tree, new MountAttributes { Set = MountAttributes.ReadOnly }) == 0)
            {
                Check(Libc.MoveMount(tree, Libc.AtCurrentDirectory, CString.From(target)), "mount", target);
                return;
            }
        }
        else if (!AvoidMountApi && Errno.Last != Errno.NotImplemented)
        {
            throw StorageException.FromErrno(Errno.Last, "bind", source);
        }
        byte[] to = CString.From(target);
        Check(Libc.Mount(from, to, CString.Empty, Bind, CString.Empty), "mount", target);
        if (readOnly && Libc.Mount(CString.Empty, to, CString.Empty, Bind | Remount | ReadOnly, CString.Empty) != 0)
        {
            int errno = Errno.Last;
            _ = TryUnmount(target);
            throw StorageException.FromErrno(errno, "make the mount read-only", target);
        }
    }

    /// <summary>Unmounts; a busy mount disappears from the tree and goes when its last user does.</summary>
    /// <returns>Whether there was a mount.</returns>
    internal bool TryUnmount(string target)
    {
        const int detach = 2, noFollow = 8;
        byte[] path = CString.From(target);
        if (Libc.Unmount(path, noFollow) == 0)
            return true;
        int errno = Errno.Last;
        if (errno == Errno.Busy)
        {
            logger.MountBusy(target);
            errno = Libc.Unmount(path, detach | noFollow) == 0 ? 0 : Errno.Last;
        }
        return errno switch
        {
            0 => true,
            Errno.Invalid or Errno.NoEntry => false,
            _ => throw StorageException.FromErrno(errno, "unmount", target),
        };
    }

    private bool TryMountApi(OverlayStack stack, string target, bool readOnly)
    {
        int opened = Libc.FsOpen("overlay\0"u8, CloseOnExec);
        if (opened < 0)
            return Refused(Errno.Last);
        using var context = new FileDescriptor(opened);
        Configure(context, SetString, "source\0"u8, "overlay\0"u8, target);
        if (HasIndex)
            Configure(context, SetString, "index\0"u8, "off\0"u8, target);
        if (UserNamespace.IsInside)
            Configure(context, SetFlag, "userxattr\0"u8, default, target);
        if (stack.Label is not null)
            Configure(context, SetString, "context\0"u8, CString.From(stack.Label), target);
        foreach (string lower in stack.Lowers)
        {
            if (TrySetDirectory(context, "lowerdir+\0"u8, lower) is var errno and not 0)
                return Refused(errno);
        }
        if (stack.Upper is not null
            && (TrySetDirectory(context, "upperdir\0"u8, stack.Upper) != 0 || TrySetDirectory(context, "workdir\0"u8, stack.Work!) != 0))
            return Refused(Errno.Last);
        Configure(context, Create, default, default, target);
        int mounted = Libc.FsMount(opened, CloseOnExec, readOnly ? (uint)MountAttributes.ReadOnly : 0);
        Check(mounted, "mount the overlay", target);
        using var mount = new FileDescriptor(mounted);
        Check(Libc.MoveMount(mounted, Libc.AtCurrentDirectory, CString.From(target)), "mount the overlay", target);
        return true;
    }

    private bool Refused(int errno)
    {
        logger.MountApiRefused(Marshal.GetPInvokeErrorMessage(errno));
        return false;
    }

    private static int TrySetDirectory(FileDescriptor context, ReadOnlySpan<byte> key, string directory)
    {
        byte[] path = CString.From(directory);
        if (path.Length - 1 <= StringLimit)
            return Libc.FsConfig(context.Value, SetString, key, path, 0) == 0 ? 0 : Errno.Last;
        using var opened = FileDescriptor.OpenPath(directory);
        return Libc.FsConfig(context.Value, SetDescriptor, key, default, opened.Value) == 0 ? 0 : Errno.Last;
    }

    private static void Configure(FileDescriptor context, uint command, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, string target)
    {
        if (Libc.FsConfig(context.Value, command, key, value, 0) == 0)
            return;
        int errno = Errno.Last;
        throw StorageException.FromErrno(errno, $"mount the overlay{Explanation(context)}", target);
    }

    // The kernel tells more through the context's descriptor: lines of "e overlay: text".
    private static string Explanation(FileDescriptor context)
    {
        byte[] line = new byte[512];
        nint length = Libc.Read(context.Value, line, line.Length);
        return length > 2 ? $" ({CString.ToDisplay(line.AsSpan(2, (int)length - 2)).TrimEnd('?')})" : "";
    }

    private static void MountClassic(OverlayStack stack, string target, bool readOnly)
    {
        var directories = new List<FileDescriptor>();
        try
        {
            var options = new StringBuilder();
            if (HasIndex)
                options.Append("index=off,");
            if (UserNamespace.IsInside)
                options.Append("userxattr,");
            if (stack.Label is not null)
                options.Append(CultureInfo.InvariantCulture, $"context=\"{stack.Label}\",");
            options.Append("lowerdir=").AppendJoin(':', stack.Lowers.Select(Short));
            if (stack.Upper is not null)
                options.Append(CultureInfo.InvariantCulture, $",upperdir={Short(stack.Upper)},workdir={Short(stack.Work!)}");
            if (options.Length > PageLimit)
                throw new OciException(OciErrorKind.Unsupported, $"This kernel cannot stack {stack.Lowers.Count} layers at {target}; Linux 6.7 can.");
            int result = Libc.Mount(
                "overlay\0"u8, CString.From(target), "overlay\0"u8, readOnly ? ReadOnly : 0, CString.From(options.ToString()));
            Check(result, "mount the overlay", target);
        }
        finally
        {
            directories.ForEach(directory => directory.Dispose());
        }

        string Short(string directory)
        {
            directories.Add(FileDescriptor.OpenPath(directory));
            return string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{directories[^1].Value}");
        }
    }

    private static void Check(int result, string action, string target)
    {
        if (result < 0)
            throw StorageException.FromErrno(Errno.Last, action, target);
    }
}
