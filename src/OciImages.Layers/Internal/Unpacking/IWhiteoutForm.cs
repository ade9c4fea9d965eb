using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Internal.Unpacking;

/// <summary>How a driver keeps "this hides what lower layers have here" in the tree of a diff.</summary>
internal interface IWhiteoutForm
{
    /// <summary>Hides one name of lower layers; what this layer has of that name stays.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="marker">The marker's name in the tar, <c>.wh.</c> and the hidden name, ending with NUL.</param>
    /// <param name="entry">The marker's header.</param>
    /// <returns>0, or the error number.</returns>
    int Hide(FileDescriptor directory, ReadOnlySpan<byte> marker, TarEntry entry);

    /// <summary>Hides all that lower layers have in a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <returns>0, or the error number.</returns>
    int HideAll(FileDescriptor directory);

    /// <summary>Whether an inode that stands where a member goes is a whiteout of this form, which a directory must outlive.</summary>
    bool IsWhiteout(in StatxData data);
}
