using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Layers.Diff;

namespace OciImages.Layers.Internal.Diff;

/// <summary>Lists the changes of a walk, which runs on threads of the pool.</summary>
internal static class TreeChangeList
{
    private const int BatchSize = 512;

    internal static async IAsyncEnumerable<TreeChange> ReadAsync(
        TreePair trees, TreeDiffOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var walk = new TreeWalk(trees, options, NullLogger.Instance) { CancellationToken = cancellationToken };
        using IEnumerator<DiffItem> items = walk.Run().GetEnumerator();
        while (true)
        {
            List<TreeChange> batch = await Task.Run(() => Take(items), cancellationToken).ConfigureAwait(false);
            foreach (TreeChange change in batch)
                yield return change;
            if (batch.Count < BatchSize)
                yield break;
        }
    }

    private static List<TreeChange> Take(IEnumerator<DiffItem> items)
    {
        var batch = new List<TreeChange>();
        while (batch.Count < BatchSize && items.MoveNext())
        {
            DiffItem item = items.Current;
            if (!item.IsOpaqueMarker && !item.HidesNothing)
                batch.Add(new TreeChange(item.Path.ToArray(), item.Kind));
        }
        return batch;
    }
}
