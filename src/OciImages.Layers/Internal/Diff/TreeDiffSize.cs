using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Layers.Diff;
using OciImages.Layers.Internal.Linux;

namespace OciImages.Layers.Internal.Diff;

/// <summary>Adds up what a diff holds.</summary>
internal static class TreeDiffSize
{
    internal static long Measure(TreePair trees, TreeDiffOptions options, CancellationToken cancellationToken)
    {
        var walk = new TreeWalk(trees.ForTar, options, NullLogger.Instance) { CancellationToken = cancellationToken };
        var linked = new HashSet<(uint, uint, ulong)>();
        long size = 0;
        foreach (DiffItem item in walk.Run())
        {
            if (item.IsOpaqueMarker || item.Kind == TreeChangeKind.Deleted)
                continue;
            ref readonly StatxData data = ref item.Node!.Data;
            if (data.Type is FileModes.File or FileModes.SymbolicLink
                && (data.LinkCount < 2 || linked.Add((data.DeviceMajor, data.DeviceMinor, data.Inode))))
                size += (long)data.Size;
        }
        return size;
    }
}
