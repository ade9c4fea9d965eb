namespace OciImages.Layers.Internal.Store;

/// <summary>Who refers to which layer: handles of this process, and children and writable layers on disk. Not thread-safe.</summary>
internal sealed class LayerReferences(LayerDbLayout layout)
{
    private readonly Dictionary<ChainId, (LayerInfo Layer, int Handles)> _held = [];

    // A ChainID is a hash over its parent's: what a directory says once it says for ever.
    private readonly Dictionary<ChainId, ChainId?> _parents = [];

    /// <summary>A layer that handles refer to; null when there are none.</summary>
    internal LayerInfo? FindHeld(ChainId chain) => _held.TryGetValue(chain, out var held) ? held.Layer : null;

    internal void Add(LayerInfo layer) => _held[layer.ChainId] = (layer, Handles(layer.ChainId) + 1);

    internal void Remove(ChainId chain)
    {
        int left = Handles(chain) - 1;
        if (left > 0)
            _held[chain] = (_held[chain].Layer, left);
        else
            _held.Remove(chain);
    }

    /// <summary>Whether anything refers to a layer. Disk is asked: another process may have added a child.</summary>
    internal bool IsReferred(ChainId chain)
    {
        if (_held.ContainsKey(chain))
            return true;
        foreach (var other in layout.List())
        {
            if (!_parents.TryGetValue(other, out var parent))
                _parents.Add(other, parent = layout.ReadParent(other));
            if (parent == chain)
                return true;
        }
        return layout.ListMountParents().Contains(chain);
    }

    private int Handles(ChainId chain) => _held.TryGetValue(chain, out var held) ? held.Handles : 0;
}
