using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>Makes the inode or the name of a member that is neither file nor directory.</summary>
internal ref struct NodeMaker(MemberPath path, MemberPath target, FileDescriptor? targetDirectory, TarEntry entry, UnpackSettings settings)
{
    /// <summary>What is being made, for messages.</summary>
    internal readonly string Action => entry.Type switch
    {
        TarEntryType.HardLink => $"make the hard link to {target}",
        TarEntryType.SymbolicLink => "make the symbolic link",
        TarEntryType.Fifo => "make the pipe",
        _ => "make the device",
    };

    /// <summary>The record's word for a device that an empty file stands in for.</summary>
    internal string? DeviceInstead { get; private set; }

    /// <summary>Whether nothing was made, because Docker makes nothing here either.</summary>
    internal bool WasLeftOut { get; private set; }

    /// <summary>Makes it in a directory.</summary>
    /// <returns>0, or the error number.</returns>
    internal int Make(FileDescriptor parent) => entry.Type switch
    {
        TarEntryType.HardLink => Result(Libc.LinkAt(targetDirectory!.Value, target.Name, parent.Value, path.Name, 0)),
        TarEntryType.SymbolicLink => MakeSymbolicLink(parent),
        TarEntryType.Fifo => Result(Libc.MknodAt(parent.Value, path.Name, FileModes.Fifo | 0x180, 0)),
        TarEntryType.CharacterDevice => MakeDevice(parent, FileModes.CharacterDevice, "char"),
        TarEntryType.BlockDevice => MakeDevice(parent, FileModes.BlockDevice, "block"),
        _ => throw new OciException(OciErrorKind.Unsupported, $"Cannot unpack {path}: unhandled tar header type {entry.TypeFlag}."),
    };

    private readonly int MakeSymbolicLink(FileDescriptor parent) => entry.LinkName.Span.Contains((byte)0)
        ? Errno.Invalid
        : Result(Libc.SymlinkAt(CString.From(entry.LinkName.Span), parent.Value, path.Name));

    private int MakeDevice(FileDescriptor parent, uint type, string word)
    {
        if (entry.DeviceMajor > 0xFFF || entry.DeviceMinor > 0xFFFFF)
            return Errno.Invalid;
        int errno = Result(Libc.MknodAt(parent.Value, path.Name, type | 0x180, FileModes.MakeDevice(entry.DeviceMajor, entry.DeviceMinor)));
        if (errno != Errno.NotPermitted)
            return errno;
        if (settings.Records is not null)
        {
            DeviceInstead = word;
            return Result(Libc.MknodAt(parent.Value, path.Name, FileModes.File | 0x180, 0));
        }
        if (!UserNamespace.IsInside)
            return errno;
        settings.Logger.DeviceLeftOut(path.ToString());
        WasLeftOut = true;
        return 0;
    }

    private static int Result(int result) => result == 0 ? 0 : Errno.Last;
}
