using OciImages.Layers.Drivers;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>Reads a tar as an unpacker would, and refuses what it would refuse whatever the file system.</summary>
internal static class TarValidator
{
    /// <summary>Reads up to the end marker.</summary>
    /// <returns>The sizes that the headers announced.</returns>
    internal static async ValueTask<long> ReadAsync(Stream tar, UnpackPolicy policy, CancellationToken cancellationToken)
    {
        var guard = new PolicyGuard(policy);
        var path = new MemberPath();
        var target = new MemberPath();
        var reader = new TarReader(tar);
        while (await reader.ReadEntryAsync(cancellationToken).ConfigureAwait(false) is { } entry)
        {
            cancellationToken.ThrowIfCancellationRequested();
            guard.Check(entry);
            if (entry.Type == TarEntryType.GlobalHeader)
                continue;
            path.Set(entry.Name.Span);
            if (entry.Type == TarEntryType.HardLink)
                target.Set(entry.LinkName.Span);
            if (path.IsRoot ? entry.Type != TarEntryType.Directory : HidesNoName(path))
                throw new OciException(OciErrorKind.InvalidInput, $"The layer is malformed: {path} cannot be what its header says.");
        }
        return guard.Size;
    }

    private static bool HidesNoName(MemberPath path) =>
        path.Name is var name && (name.SequenceEqual(".wh.\0"u8) || name.SequenceEqual(".wh..\0"u8) || name.SequenceEqual(".wh...\0"u8));
}
