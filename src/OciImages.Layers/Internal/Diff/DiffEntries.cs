using OciImages.Layers.Diff;
using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Trees;
using OciImages.Layers.Internal.Unpacking;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Internal.Diff;

/// <summary>Makes the tar's members of what a walk tells. Remembers each file with several names, for its further ones are hard links.</summary>
internal sealed class DiffEntries(KeptAttributes attributes)
{
    private const int WhiteoutMode = 0x180;
    private const int OpaqueModeMask = 0x1ff;

    private readonly Dictionary<(ulong Device, ulong Inode), byte[]> _linked = [];

    internal TarEntry Make(DiffItem item)
    {
        if (item.IsOpaqueMarker)
            return Marker(TreePath.Join(item.Path.Span, WhiteoutNames.Opaque[..^1]), item.Node, (int)item.Node!.Data.Permissions & OpaqueModeMask, default);
        if (item.Kind == TreeChangeKind.Deleted)
            return Whiteout(item);
        return MakeNode(item.Path.Span, item.Node!);
    }

    private static TarEntry Whiteout(DiffItem item)
    {
        ReadOnlySpan<byte> path = item.Path.Span;
        int name = path.LastIndexOf((byte)'/') + 1;
        byte[] marker = [.. path[..name], .. WhiteoutNames.Prefix, .. path[name..]];
        return Marker(marker, item.Node, WhiteoutMode, new TarTime(item.Node?.Data.ModificationSeconds ?? 0));
    }

    private static TarEntry Marker(byte[] name, OpenNode? owner, int mode, TarTime time) => new()
    {
        Type = TarEntryType.File,
        Name = name,
        Mode = mode,
        UserId = owner?.Data.UserId ?? 0,
        GroupId = owner?.Data.GroupId ?? 0,
        ModificationTime = time,
    };

    private TarEntry MakeNode(ReadOnlySpan<byte> path, OpenNode node)
    {
        ref readonly StatxData data = ref node.Data;
        TarEntryType type = TypeOf(data.Type, node);
        byte[] name = type == TarEntryType.Directory ? [.. path, (byte)'/'] : path.ToArray();
        byte[] link = type == TarEntryType.SymbolicLink ? node.ReadTarget() : [];
        if (data.LinkCount > 1 && type != TarEntryType.Directory && !TryAddLink(data, name, out byte[] first))
            (type, link) = (TarEntryType.HardLink, first);
        bool isDevice = type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice;
        return new TarEntry
        {
            Type = type,
            Name = name,
            LinkName = link,
            Size = type == TarEntryType.File ? (long)data.Size : 0,
            Mode = (int)data.Permissions,
            UserId = data.UserId,
            GroupId = data.GroupId,
            ModificationTime = new TarTime(data.ModificationSeconds),
            DeviceMajor = isDevice ? data.SpecialMajor : 0,
            DeviceMinor = isDevice ? data.SpecialMinor : 0,
            ExtendedAttributes = attributes.Read(node),
        };
    }

    private bool TryAddLink(in StatxData data, byte[] name, out byte[] first)
    {
        var inode = (((ulong)data.DeviceMajor << 32) | data.DeviceMinor, data.Inode);
        if (_linked.TryGetValue(inode, out byte[]? known))
        {
            first = known;
            return false;
        }
        _linked.Add(inode, name);
        first = name;
        return true;
    }

    private static TarEntryType TypeOf(uint type, OpenNode node) => type switch
    {
        FileModes.File => TarEntryType.File,
        FileModes.Directory => TarEntryType.Directory,
        FileModes.SymbolicLink => TarEntryType.SymbolicLink,
        FileModes.CharacterDevice => TarEntryType.CharacterDevice,
        FileModes.BlockDevice => TarEntryType.BlockDevice,
        FileModes.Fifo => TarEntryType.Fifo,
        _ => throw new OciException(OciErrorKind.Unsupported, $"Cannot make a layer of {node}: it is of a type that tars do not know."),
    };
}
