using OciImages.IO;

namespace OciImages.Layers.Internal.Store;

/// <summary>
/// Who refers to which layer. Handles share a lock on a file of the layer, one for all of this store's, so that other processes see them;
/// children and writable layers are on disk. Not thread-safe.
/// </summary>
internal sealed class LayerReferences(LayerDbLayout layout) : IDisposable
{
    private readonly Dictionary<ChainId, Held> _held = [];

    // A ChainID is a hash over its parent's: what a directory says once it says for ever.
    private readonly Dictionary<ChainId, ChainId> _parents = [];

    /// <summary>A layer that handles of this store refer to; null when there are none.</summary>
    internal LayerInfo? FindHeld(ChainId chain) => _held.GetValueOrDefault(chain)?.Layer;

    /// <summary>Adds a handle.</summary>
    /// <returns>False when the layer is being removed or was replaced: whoever looks again sees what became of it.</returns>
    internal bool TryAdd(LayerInfo layer)
    {
        if (_held.TryGetValue(layer.ChainId, out var held))
        {
            held.Handles++;
            return true;
        }
        if (TryLock(layer.ChainId, FileLockMode.Shared) is not { } shared)
            return false;
        // A cache-id is random and never comes back: if the name has it after the lock as before, the lock is on that file.
        if (LayerDbLayout.ReadCacheId(layout.Layer(layer.ChainId)) != layer.CacheId)
        {
            shared.Dispose();
            return false;
        }
        _held.Add(layer.ChainId, new Held(layer, shared));
        return true;
    }

    /// <summary>Takes a handle away.</summary>
    internal void Remove(ChainId chain)
    {
        if (!_held.TryGetValue(chain, out var held) || --held.Handles > 0)
            return;
        _held.Remove(chain);
        held.Lock.Dispose();
    }

    /// <summary>Locks a layer, if nobody is in the way.</summary>
    internal FileLock? TryLock(ChainId chain, FileLockMode mode)
    {
        try
        {
            return FileLock.TryAcquireExisting(layout.CacheId(chain), mode);
        }
        catch (StorageException e) when (e.Kind is OciErrorKind.NotFound)
        {
            return null;
        }
    }

    /// <summary>Looks who stands on which layer on disk, which changes only under the store's lock.</summary>
    /// <returns>How many children and writable layers each layer has; layers without are there with zero.</returns>
    internal Dictionary<ChainId, int> CountDependents()
    {
        var dependents = new Dictionary<ChainId, int>();
        foreach (var chain in layout.List())
        {
            dependents.TryAdd(chain, 0);
            Count(ParentOf(chain));
        }
        foreach (string mount in layout.ListMounts())
            Count(LayerDbLayout.ReadMountParent(mount));
        return dependents;

        void Count(ChainId? below)
        {
            if (below is { } known)
                dependents[known] = dependents.GetValueOrDefault(known) + 1;
        }
    }

    /// <summary>The layer below a layer; null for a base layer, and when it cannot be read.</summary>
    internal ChainId? ParentOf(ChainId chain)
    {
        if (_parents.TryGetValue(chain, out var known))
            return known;
        // A file that is missing or damaged may be put right: only what was read is kept.
        if (layout.ReadParent(chain) is not { } parent)
            return null;
        _parents.Add(chain, parent);
        return parent;
    }

    /// <summary>Whether a handle of any process refers to a layer.</summary>
    internal bool IsHeld(ChainId chain)
    {
        if (_held.ContainsKey(chain))
            return true;
        if (!File.Exists(layout.CacheId(chain)))
            return false;
        using var alone = TryLock(chain, FileLockMode.Exclusive);
        return alone is null;
    }

    public void Dispose()
    {
        foreach (var held in _held.Values)
            held.Lock.Dispose();
        _held.Clear();
    }

    private sealed class Held(LayerInfo layer, FileLock shared)
    {
        internal LayerInfo Layer { get; } = layer;

        internal FileLock Lock { get; } = shared;

        internal int Handles { get; set; } = 1;
    }
}
