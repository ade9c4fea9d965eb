using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Unpacking;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Internal.Trees;

/// <summary>Whiteouts as the tar has them: empty files with marker names, which <see cref="TreeMerger"/> acts upon.</summary>
internal sealed class MarkerWhiteouts : IWhiteoutForm
{
    public int Hide(FileDescriptor directory, ReadOnlySpan<byte> marker, TarEntry entry) =>
        // aufs's own files (.wh..wh.plnk and the like) hide nothing here: no tree holds names that start with .wh. .
        marker.StartsWith(WhiteoutNames.AufsPrefix) ? 0 : Mark(directory, marker);

    public int HideAll(FileDescriptor directory) => Mark(directory, WhiteoutNames.Opaque);

    public bool IsWhiteout(in StatxData data) => false;

    private static int Mark(FileDescriptor directory, ReadOnlySpan<byte> name)
    {
        int result = Libc.MknodAt(directory.Value, name, FileModes.File | 0x180, 0);
        return result == 0 || Errno.Last == Errno.Exists ? 0 : Errno.Last;
    }
}
