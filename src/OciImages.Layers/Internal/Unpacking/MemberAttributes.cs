using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>
/// Sets owner, extended attributes, mode and times in the order that the kernel's side effects ask for: a change of owner clears
/// <c>security.capability</c> and the setuid bits.
/// </summary>
/// <remarks>Without root's rights, what cannot be set goes to the side file instead.</remarks>
internal sealed class MemberAttributes(string rootPath, MemberRecordWriter? records, ILogger logger)
{
    private readonly bool _isRoot = Libc.EffectiveUserId() == 0;

    /// <summary>The mode bits that an inode gets for a member's mode; an unprivileged owner must stay able to read it.</summary>
    internal uint ModeOnDisk(TarEntry entry)
    {
        uint mode = (uint)entry.Mode & FileModes.PermissionMask;
        if (_isRoot)
            return mode;
        // A setuid file would belong to the user who unpacks, and give his rights away.
        return (mode & ~(FileModes.SetUserId | FileModes.SetGroupId)) | (entry.Type == TarEntryType.Directory ? 0x1C0u : 0x100u);
    }

    /// <summary>Everything, on a new regular file.</summary>
    internal void ApplyToFile(int file, TarEntry entry, MemberPath path)
    {
        ApplyToOpen(file, entry, path);
        Span<Timespec> times = stackalloc Timespec[2];
        Timespec.FromMember(entry.ModificationTime, entry.AccessTime, times);
        Check(Libc.SetTimes(file, times), "set the times", path);
    }

    /// <summary>Everything but the times, on a directory.</summary>
    internal void ApplyToDirectory(int directory, TarEntry entry, MemberPath path) => ApplyToOpen(directory, entry, path);

    /// <summary>Everything, on a new symbolic link, which has no mode of its own.</summary>
    internal void ApplyToSymbolicLink(int parent, TarEntry entry, MemberPath path)
    {
        var record = Owner(entry, path);
        if (_isRoot)
        {
            int result = Libc.ChownAt(parent, path.Name, (uint)entry.UserId, (uint)entry.GroupId, Libc.AtSymlinkNoFollow);
            CheckOwner(result, entry, path);
        }
        if (entry.ExtendedAttributes.Count > 0)
        {
            using var link = OpenNode(parent, path);
            SetExtendedAttributes(link.Value, pathOnly: true, entry, path, ref record);
        }
        Span<Timespec> times = stackalloc Timespec[2];
        Timespec.FromMember(entry.ModificationTime, entry.AccessTime, times);
        Check(Libc.SetTimesAt(parent, path.Name, times, Libc.AtSymlinkNoFollow), "set the times", path);
        Write(record);
    }

    /// <summary>
    /// Everything, on a device, a pipe or a further name of an inode. What is right already is left alone: a needless change of owner
    /// would take the capabilities from a file whose hard link's header does not repeat them.
    /// </summary>
    internal void ApplyToNode(int parent, TarEntry entry, MemberPath path, string? deviceInstead = null)
    {
        using var node = OpenNode(parent, path);
        Check(Libc.Statx(node.Value, CString.Empty, Libc.AtEmptyPath, out var data), "read the attributes", path);
        var record = Owner(entry, path);
        if (deviceInstead is not null)
        {
            record ??= new MemberRecord { Path = path.Full.ToArray() };
            record.Device = deviceInstead;
            record.Major = entry.DeviceMajor;
            record.Minor = entry.DeviceMinor;
        }
        if (_isRoot && (data.UserId != entry.UserId || data.GroupId != entry.GroupId))
            CheckOwner(Libc.ChownAt(node.Value, CString.Empty, (uint)entry.UserId, (uint)entry.GroupId, Libc.AtEmptyPath), entry, path);
        SetExtendedAttributes(node.Value, pathOnly: true, entry, path, ref record);
        bool isLink = data.Type == FileModes.SymbolicLink;
        byte[] reached = CString.OfDescriptor(node.Value);
        if (!isLink)
        {
            Check(Libc.ChmodPath(reached, ModeOnDisk(entry)), "set the mode", path);
            RecordMode(entry, path, ref record);
        }
        Span<Timespec> times = stackalloc Timespec[2];
        Timespec.FromMember(entry.ModificationTime, entry.AccessTime, times);
        Check(Libc.SetTimesAt(Libc.AtCurrentDirectory, reached, times, 0), "set the times", path);
        Write(record);
    }

    private void ApplyToOpen(int descriptor, TarEntry entry, MemberPath path)
    {
        var record = Owner(entry, path);
        if (_isRoot)
            CheckOwner(Libc.Chown(descriptor, (uint)entry.UserId, (uint)entry.GroupId), entry, path);
        if (entry.ExtendedAttributes.Count > 0)
            SetExtendedAttributes(descriptor, pathOnly: false, entry, path, ref record);
        Check(Libc.Chmod(descriptor, ModeOnDisk(entry)), "set the mode", path);
        RecordMode(entry, path, ref record);
        Write(record);
    }

    private MemberRecord? Owner(TarEntry entry, MemberPath path) => _isRoot || (entry.UserId == 0 && entry.GroupId == 0)
        ? null
        : new MemberRecord { Path = path.Full.ToArray(), UserId = (uint)entry.UserId, GroupId = (uint)entry.GroupId };

    private void RecordMode(TarEntry entry, MemberPath path, ref MemberRecord? record)
    {
        uint mode = (uint)entry.Mode & FileModes.PermissionMask;
        if (mode == ModeOnDisk(entry))
            return;
        record ??= new MemberRecord { Path = path.Full.ToArray() };
        record.Mode = mode;
    }

    private void SetExtendedAttributes(int descriptor, bool pathOnly, TarEntry entry, MemberPath path, ref MemberRecord? record)
    {
        foreach (var (name, value) in entry.ExtendedAttributes)
        {
            if (name.Length == 0 || name.Contains('\0'))
                throw new OciException(OciErrorKind.InvalidInput, $"The layer is malformed: {path} has an extended attribute with a bad name.");
            if (ExtendedAttributes.SteersOverlay(name))
            {
                logger.OverlayAttributeDropped(Display(name), path.ToString());
                continue;
            }
            int errno = ExtendedAttributes.Set(descriptor, pathOnly, CString.From(name), value.Span);
            if (errno is Errno.NotSupported or Errno.NotPermitted)
            {
                record = Record(record, path, name, value);
                logger.AttributeNotSet(Display(name), path.ToString(), Marshal.GetPInvokeErrorMessage(errno));
            }
            else if (errno != 0)
            {
                throw UnpackErrors.From(errno, $"set the extended attribute {Display(name)}", rootPath, path.ToString());
            }
        }
    }

    private static string Display(string attribute) => CString.ToDisplay(Encoding.UTF8.GetBytes(attribute));

    private MemberRecord? Record(MemberRecord? record, MemberPath path, string name, ReadOnlyMemory<byte> value)
    {
        if (records is null)
            return record;
        record ??= new MemberRecord { Path = path.Full.ToArray() };
        record.ExtendedAttributes.Add(new(name, value));
        return record;
    }

    private void Write(MemberRecord? record)
    {
        if (record is not null)
            records?.Add(record);
    }

    private FileDescriptor OpenNode(int parent, MemberPath path)
    {
        int opened = Libc.OpenAt(parent, path.Name, Libc.OpenPath | Libc.OpenNoFollow | Libc.OpenCloseOnExec, 0);
        return opened >= 0 ? new FileDescriptor(opened) : throw UnpackErrors.From(Errno.Last, "open the member", rootPath, path.ToString());
    }

    private void CheckOwner(int result, TarEntry entry, MemberPath path)
    {
        if (result != 0 && Errno.Last == Errno.Invalid && UserNamespace.IsInside)
            throw new OciException(
                OciErrorKind.Unsupported, $"Cannot unpack {path}: its owner {entry.UserId}:{entry.GroupId} is not mapped in this user namespace.");
        Check(result, "set the owner", path);
    }

    private void Check(int result, string action, MemberPath path)
    {
        if (result != 0)
            throw UnpackErrors.From(Errno.Last, action, rootPath, path.ToString());
    }
}
