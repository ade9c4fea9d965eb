using OciImages.Layers.Diff;

namespace OciImages.Layers.Internal.Diff;

/// <summary>One step of a walk over two trees.</summary>
/// <param name="Kind">What happened to the path.</param>
/// <param name="Path">The path below the root; valid until the walk goes on.</param>
/// <param name="Node">What is there now, a whiteout too; null when the path is gone. Valid until the walk goes on.</param>
/// <param name="IsOpaqueMarker">Whether this stands for hiding all that is below the directory.</param>
/// <param name="HidesNothing">Whether this is a whiteout of a path that the lower tree does not have.</param>
internal readonly record struct DiffItem(
    TreeChangeKind Kind, ReadOnlyMemory<byte> Path, OpenNode? Node, bool IsOpaqueMarker = false, bool HidesNothing = false);
