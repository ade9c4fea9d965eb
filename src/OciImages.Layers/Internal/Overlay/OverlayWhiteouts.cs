using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Unpacking;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Internal.Overlay;

/// <summary>
/// Whiteouts as the overlay file system has them: a character device 0:0, and <c>trusted.overlay.opaque</c> on the directory
/// (<c>user.overlay.opaque</c> in a user namespace). Linux documentation, "Overlay Filesystem", section "whiteouts and opaque directories".
/// </summary>
internal sealed class OverlayWhiteouts(bool inUserNamespace) : IWhiteoutForm
{
    /// <summary>Whether a directory, given by its path, hides all that lower layers have in it.</summary>
    internal static bool IsOpaque(ReadOnlySpan<byte> directory)
    {
        Span<byte> value = stackalloc byte[1];
        return Libc.GetAttributePath(directory, OpaqueName(UserNamespace.IsInside), value, 1) == 1 && value[0] == 'y';
    }

    /// <summary>Whether a file of an upper directory, given by its path, is one whose content stays in a lower layer (<c>metacopy</c>).</summary>
    internal static bool IsWithoutContent(ReadOnlySpan<byte> file) =>
        Libc.GetAttributePath(file, UserNamespace.IsInside ? "user.overlay.metacopy\0"u8 : "trusted.overlay.metacopy\0"u8, [], 0) >= 0;

    public int Hide(FileDescriptor directory, ReadOnlySpan<byte> marker, TarEntry entry)
    {
        var hidden = marker[WhiteoutNames.Prefix.Length..];
        if (Libc.MknodAt(directory.Value, hidden, FileModes.CharacterDevice, 0) != 0)
            return Errno.Last == Errno.Exists ? HideBelow(directory, hidden) : Errno.Last;
        // Docker gives it the marker's owner, but neither its mode nor its times.
        int chown = Libc.ChownAt(directory.Value, hidden, (uint)entry.UserId, (uint)entry.GroupId, Libc.AtSymlinkNoFollow);
        return chown == 0 ? 0 : Errno.Last;
    }

    public int HideAll(FileDescriptor directory) =>
        ExtendedAttributes.Set(directory.Value, pathOnly: false, OpaqueName(inUserNamespace), "y"u8);

    private static ReadOnlySpan<byte> OpaqueName(bool inUserNamespace) =>
        inUserNamespace ? "user.overlay.opaque\0"u8 : "trusted.overlay.opaque\0"u8;

    // This layer has something of that name: any inode hides what is below it, and a directory does when it is opaque.
    private int HideBelow(FileDescriptor directory, ReadOnlySpan<byte> name)
    {
        using var existing = directory.TryOpenChild(name, out int errno);
        if (existing is not null)
            return HideAll(existing);
        return errno is Errno.NotDirectory or Errno.TooManySymlinks ? 0 : errno;
    }

    public bool IsWhiteout(in StatxData data) => data.IsWhiteout;
}
