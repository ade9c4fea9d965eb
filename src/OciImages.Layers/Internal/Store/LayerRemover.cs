using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using OciImages.IO;

namespace OciImages.Layers.Internal.Store;

/// <summary>
/// Removes layers that nothing refers to. First all of them are made invisible, under the store's lock; then their files are deleted, which the
/// next start finishes if this process does not.
/// </summary>
internal sealed class LayerRemover(
    LayerDbLayout layout, IStorageDriver driver, LayerReferences references, FileLayerStoreOptions options, LayerGate gate, ILogger logger)
{
    // How many layers a collection looks at while others wait.
    private const int BatchSize = 64;

    private const int LockAttempts = 4;
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(5);

    /// <summary>Removes a layer and then those below, as far as nothing refers to them.</summary>
    internal async ValueTask<IReadOnlyList<LayerInfo>> RemoveChainAsync(ChainId top, CancellationToken cancellationToken)
    {
        var hidden = new List<Hidden>();
        using (await gate.EnterAsync(cancellationToken).ConfigureAwait(false))
        {
            var dependents = references.CountDependents();
            try
            {
                await HideChainAsync(top, dependents, hidden, cancellationToken).ConfigureAwait(false);
            }
            catch (OciException e) when (hidden.Count > 0)
            {
                // What is hidden has to go; what is not is an orphan until the next collection.
                logger.LeftoverStays(e.Message);
            }
            SyncHidden(hidden);
        }
        await DeleteAsync(hidden).ConfigureAwait(false);
        return [.. hidden.Select(layer => layer.Layer)];
    }

    /// <summary>Removes every layer that nothing refers to, children before parents, or tells which it would remove.</summary>
    internal async IAsyncEnumerable<LayerInfo> CollectAsync(
        bool dryRun, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var visited = new HashSet<ChainId>();
        var gone = new HashSet<ChainId>();
        List<Hidden> hidden;
        do
        {
            hidden = [];
            using (dryRun
                ? await gate.EnterReadingAsync(cancellationToken).ConfigureAwait(false)
                : await gate.EnterAsync(cancellationToken).ConfigureAwait(false))
            {
                var dependents = references.CountDependents();
                foreach (var chain in gone.Where(dependents.ContainsKey)) // a dry run's
                    Forget(chain, dependents);
                try
                {
                    // Always the same order, so that a dry run tells the truth.
                    var leaves = dependents.Where(pair => pair.Value == 0 && !visited.Contains(pair.Key)).Select(pair => pair.Key);
                    foreach (var leaf in leaves.OrderBy(chain => chain.Value).ToList())
                    {
                        if (hidden.Count >= BatchSize)
                            break;
                        await CollectChainAsync(leaf, dependents).ConfigureAwait(false);
                    }
                }
                finally
                {
                    if (!dryRun)
                        SyncHidden(hidden);
                }
            }
            if (!dryRun)
                await DeleteAsync(hidden).ConfigureAwait(false);
            foreach (var layer in hidden)
                yield return layer.Layer;
        }
        while (hidden.Count > 0);

        async ValueTask CollectChainAsync(ChainId leaf, Dictionary<ChainId, int> dependents)
        {
            for (ChainId? next = leaf; next is { } chain && hidden.Count < BatchSize;)
            {
                if (dependents.GetValueOrDefault(chain) > 0)
                    return;
                visited.Add(chain);
                if (await TryHideAsync(chain, dryRun, cancellationToken).ConfigureAwait(false) is not { } layer)
                    return;
                hidden.Add(layer);
                if (dryRun)
                    gone.Add(chain);
                next = layer.Layer.Parent;
                Forget(chain, dependents);
            }
        }
    }

    /// <summary>Finishes a removal that was begun.</summary>
    internal async ValueTask FinishAsync(string directory)
    {
        string? cacheId = LayerDbLayout.ReadCacheId(directory);
        if (cacheId is not null)
            await driver.RemoveAsync(cacheId, CancellationToken.None).ConfigureAwait(false);
        LayerDbLayout.Delete(directory);
        logger.RemovalFinished(cacheId ?? "?");
    }

    /// <summary>
    /// Takes a damaged layer out of the way of a good one. The driver's part goes too, unless others stand on it: an overlay names those
    /// below it once and for all. Called with the gate held.
    /// </summary>
    internal async ValueTask RemoveDamagedAsync(ChainId chain)
    {
        bool isReferred = references.IsHeld(chain) || references.CountDependents().GetValueOrDefault(chain) > 0;
        if (isReferred)
            StoreFiles.Guard("delete the file", layout.CacheId(chain), () =>
            {
                File.Delete(layout.CacheId(chain)); // so that no later start takes the driver's part for this removal's
                return true;
            });
        string directory = layout.BeginRemoval(chain);
        await FinishAsync(directory).ConfigureAwait(false);
    }

    private async ValueTask HideChainAsync(
        ChainId top, Dictionary<ChainId, int> dependents, List<Hidden> hidden, CancellationToken cancellationToken)
    {
        for (ChainId? next = top; next is { } chain && dependents.GetValueOrDefault(chain) == 0;)
        {
            // Once one is hidden the call is no longer cancelled: its caller learns what vanished.
            var token = hidden.Count == 0 ? cancellationToken : CancellationToken.None;
            if (await TryHideAsync(chain, dryRun: false, token).ConfigureAwait(false) is not { } layer)
                return;
            hidden.Add(layer);
            next = layer.Layer.Parent;
            Forget(chain, dependents);
        }
    }

    // The order is what makes it safe: whoever wants a layer holds its lock and then puts what stands on it; here the lock comes first
    // and then the question what stands on it.
    private async ValueTask<Hidden?> TryHideAsync(ChainId chain, bool dryRun, CancellationToken cancellationToken)
    {
        if (references.FindHeld(chain) is not null || layout.TryRead(chain, out _) is not { } layer)
            return null;
        using var alone = await TryLockAloneAsync(chain, dryRun).ConfigureAwait(false);
        if (alone is null || (options.IsInUse is { } isInUse && await isInUse(chain, cancellationToken).ConfigureAwait(false)))
            return null;
        if (dryRun)
            return new Hidden(layer, "");
        if (OperatingSystem.IsWindows())
            alone.Dispose(); // it renames no directory with an open file in it; a new reader's makes the rename fail
        return new Hidden(layer, layout.BeginRemoval(chain));
    }

    // Who may not write cannot find out whether others hold a layer: to him none is an orphan.
    private async ValueTask<FileLock?> TryLockAloneAsync(ChainId chain, bool dryRun)
    {
        try
        {
            for (int attempt = 1; ; attempt++)
            {
                var alone = references.TryLock(chain, FileLockMode.Exclusive);
                if (alone is not null || attempt == LockAttempts)
                    return alone;
                // A program that any process starts has its parent's locks for the moment until it runs.
                await Task.Delay(LockPause, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (StorageException e) when (dryRun && e.Kind == OciErrorKind.Forbidden)
        {
            return null;
        }
    }

    private void SyncHidden(List<Hidden> hidden)
    {
        if (hidden.Count > 0)
            DurableFile.SyncDirectory(layout.Layers);
    }

    private async ValueTask DeleteAsync(List<Hidden> hidden)
    {
        foreach (var (layer, directory) in hidden)
        {
            try
            {
                await driver.RemoveAsync(layer.CacheId, CancellationToken.None).ConfigureAwait(false);
                LayerDbLayout.Delete(directory);
                logger.Removed(layer.ChainId.ToString(), layer.CacheId);
            }
            catch (OciException e)
            {
                logger.LeftoverStays(e.Message);
            }
        }
    }

    private void Forget(ChainId chain, Dictionary<ChainId, int> dependents)
    {
        dependents.Remove(chain);
        if (references.ParentOf(chain) is { } parent)
            dependents[parent]--;
    }

    private sealed record Hidden(LayerInfo Layer, string Directory);
}
