using OciImages.Layers.Drivers;
using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>Holds one layer to an <see cref="UnpackPolicy"/>, member by member.</summary>
internal sealed class PolicyGuard(UnpackPolicy policy)
{
    private long _entries;

    /// <summary>The sum of the sizes that headers announced; vfs reports it as the layer's size.</summary>
    internal long Size { get; private set; }

    /// <summary>Counts a member before anything of it is written.</summary>
    /// <exception cref="OciException">The policy or the unpacker's knowledge forbids the member.</exception>
    internal void Check(TarEntry entry)
    {
        if (++_entries > policy.MaxEntries)
            throw Refuse($"it has more than {policy.MaxEntries} members");
        if (entry.Size < 0 || entry.Size > policy.MaxSize - Size)
            throw Refuse($"its files have more than {policy.MaxSize} bytes");
        Size += entry.Size;
        // 0xFFFFFFFF would mean "leave it" to the kernel.
        if (entry.UserId is < 0 or >= uint.MaxValue || entry.GroupId is < 0 or >= uint.MaxValue)
            throw Refuse($"{CString.ToDisplay(entry.Name.Span)} has the owner {entry.UserId}:{entry.GroupId}");
        switch (entry.Type)
        {
            case TarEntryType.Unknown:
                throw new OciException(
                    OciErrorKind.Unsupported,
                    $"Cannot unpack {CString.ToDisplay(entry.Name.Span)}: unhandled tar header type {entry.TypeFlag}.");
            case TarEntryType.CharacterDevice or TarEntryType.BlockDevice when policy.RefuseDevices:
                throw Refuse($"{CString.ToDisplay(entry.Name.Span)} is a device, which the policy refuses");
            case TarEntryType.File or TarEntryType.HardLink
                when policy.RefuseSetuid && (entry.Mode & (FileModes.SetUserId | FileModes.SetGroupId)) != 0:
                throw Refuse($"{CString.ToDisplay(entry.Name.Span)} is setuid or setgid, which the policy refuses");
        }
    }

    private static OciException Refuse(string why) => new(OciErrorKind.InvalidInput, $"The layer is refused: {why}.");
}
