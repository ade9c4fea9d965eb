using Microsoft.Extensions.Logging;
using OciImages.Layers.Diff;
using OciImages.Layers.Internal.Linux;
using OciImages.Layers.Internal.Overlay;
using OciImages.Layers.Internal.Trees;
using OciImages.Layers.Internal.Unpacking;

namespace OciImages.Layers.Internal.Diff;

/// <summary>
/// Walks two trees side by side and tells what differs: directory by directory, names in the order of their bytes, a directory before
/// what is in it. Directories that are as they were are told once something below is not.
/// </summary>
internal sealed class TreeWalk(TreePair trees, TreeDiffOptions options, ILogger logger)
{
    // Longer ones cannot be unpacked again.
    private const int MaxPath = 4095;

    private readonly List<WalkLevel> _levels = [];
    private readonly byte[] _path = new byte[MaxPath];
    private int _pathLength;

    /// <summary>Ends the walk; may be another one each time that it goes on.</summary>
    internal CancellationToken CancellationToken { get; set; }

    /// <summary>Which extended attributes count.</summary>
    internal KeptAttributes Attributes { get; } = new(options.UserAttributes, trees.IsOverlay, logger);

    private ReadOnlySpan<byte> Path => _path.AsSpan(0, _pathLength);

    /// <summary>All differences. An item is valid until the next is asked for.</summary>
    internal IEnumerable<DiffItem> Run()
    {
        try
        {
            if (EnterRoot())
                yield return OpaqueMarker(_levels[0]);
            while (_levels.Count > 0)
            {
                CancellationToken.ThrowIfCancellationRequested();
                WalkLevel level = _levels[^1];
                if (!level.MoveNext())
                {
                    _levels.RemoveAt(_levels.Count - 1);
                    level.Dispose();
                    continue;
                }
                if (!TrySetPath(level))
                    continue;
                using NodePair nodes = Open(level);
                DiffItem? item = Compare(nodes, level);
                if (item is { } changed)
                {
                    foreach (WalkLevel parent in _levels)
                    {
                        if (parent.IsPending)
                            yield return new DiffItem(TreeChangeKind.Modified, _path.AsMemory(0, parent.PathLength), parent.Upper);
                        parent.IsPending = false;
                    }
                    yield return changed;
                }
                if (nodes.Upper is { IsReadable: true } && Enter(nodes, isPending: item is null))
                    yield return OpaqueMarker(_levels[^1]);
            }
        }
        finally
        {
            _levels.ForEach(level => level.Dispose());
            _levels.Clear();
        }
    }

    private bool EnterRoot()
    {
        using var nodes = new NodePair(OpenNode.OpenRoot(trees.Upper), trees.Lower is null ? null : OpenNode.OpenRoot(trees.Lower));
        return Enter(nodes, isPending: false);
    }

    /// <summary>Goes into a directory; true when it hides all that is below.</summary>
    private bool Enter(NodePair nodes, bool isPending)
    {
        TreeErrors.CheckDepth(_levels.Count, trees.Upper);
        bool isOpaque = trees.IsOverlay && OverlayWhiteouts.IsOpaque(CString.OfDescriptor(nodes.Upper!.Descriptor.Value));
        // Below an opaque directory the kernel marks none: it made them all anew.
        bool isPartial = trees.IsOverlay && !isOpaque && (_levels.Count == 0 || _levels[^1].IsPartial);
        var level = nodes.Enter(isPartial, trees, Path);
        level.IsPending = isPending;
        _levels.Add(level);
        return isOpaque;
    }

    /// <summary>Puts the path of the current name together; false when the name has no place in a layer.</summary>
    private bool TrySetPath(WalkLevel level)
    {
        var name = level.Name[..^1];
        int start = level.PathLength == 0 ? 0 : level.PathLength + 1;
        if (start + name.Length > MaxPath)
            throw new OciException(
                OciErrorKind.Unsupported, $"A path in {trees.Upper} is longer than {MaxPath} bytes: {CString.ToDisplay(_path.AsSpan(0, level.PathLength))}");
        if (start > 0)
            _path[start - 1] = (byte)'/';
        name.CopyTo(_path.AsSpan(start));
        _pathLength = start + name.Length;
        if (!name.StartsWith(WhiteoutNames.Prefix))
            return true;
        if (level.IsInUpper)
            logger.MarkerNameLeftOut($"{trees.Upper}/{CString.ToDisplay(Path)}");
        return false;
    }

    private NodePair Open(WalkLevel level)
    {
        OpenNode? upper = level.IsInUpper ? OpenNode.TryOpen(level.Upper.Descriptor, level.Name, trees.Upper, Path) : null;
        try
        {
            return new NodePair(upper, level.MayBeInLower ? OpenNode.TryOpen(level.Lower!.Descriptor, level.Name, trees.Lower!, Path) : null);
        }
        catch
        {
            upper?.Dispose();
            throw;
        }
    }

    /// <summary>What happened to the current path; null for nothing.</summary>
    private DiffItem? Compare(NodePair nodes, WalkLevel level)
    {
        ReadOnlyMemory<byte> path = _path.AsMemory(0, _pathLength);
        (OpenNode? upper, OpenNode? lower) = (nodes.Upper, nodes.Lower);
        if (upper is { Data.Type: FileModes.Socket })
        {
            logger.SocketLeftOut(upper.ToString());
            upper = null;
        }
        else if (upper is null && level.IsPartial)
        {
            return null; // it vanished meanwhile, and what is below shows again
        }
        if (upper is null)
            return lower is null ? null : new DiffItem(TreeChangeKind.Deleted, path, null);
        if (trees.IsOverlay && upper.Data.IsWhiteout)
            return new DiffItem(TreeChangeKind.Deleted, path, upper, HidesNothing: lower is null);
        if (lower is null)
            return new DiffItem(TreeChangeKind.Added, path, upper);
        return NodeComparison.Differ(lower, upper, Attributes) ? new DiffItem(TreeChangeKind.Modified, path, upper) : null;
    }

    private DiffItem OpaqueMarker(WalkLevel level) =>
        new(TreeChangeKind.Modified, _path.AsMemory(0, level.PathLength), level.Upper, IsOpaqueMarker: true);
}
