using OciImages.Layers;

namespace OciImages.Usage.Internal;

/// <summary>How many images each layer is part of. Every layer is looked at a few times, however many images stand on it.</summary>
internal sealed class LayerUsage
{
    private readonly IReadOnlyDictionary<ChainId, LayerInfo> _layers;
    private readonly Dictionary<ChainId, int> _images = [];
    private readonly Dictionary<ChainId, long> _shared = [];

    internal LayerUsage(IReadOnlyDictionary<ChainId, LayerInfo> layers, IEnumerable<ChainId> tops)
    {
        _layers = layers;
        Size = layers.Values.Sum(layer => layer.Size);
        CountImages(tops);
    }

    /// <summary>How many layers there are.</summary>
    public int Count => _layers.Count;

    /// <summary>The size in bytes of the files of all layers.</summary>
    public long Size { get; }

    /// <summary>The size in bytes of the layers of a chain that are part of several images.</summary>
    internal long SharedSizeOf(ChainId top)
    {
        var path = new Stack<LayerInfo>();
        ChainId? next = top;
        long size = 0;
        while (next is { } chain && !_shared.TryGetValue(chain, out size) && _layers.TryGetValue(chain, out var layer))
        {
            path.Push(layer);
            next = layer.Parent;
        }
        while (path.TryPop(out var layer))
            _shared[layer.ChainId] = size += _images.GetValueOrDefault(layer.ChainId) > 1 ? layer.Size : 0;
        return size;
    }

    /// <summary>The size in bytes of the layers of some chains, each counted once.</summary>
    internal long SizeOf(IEnumerable<ChainId> tops)
    {
        var seen = new HashSet<ChainId>();
        long size = 0;
        foreach (var top in tops)
        {
            for (ChainId? next = top; next is { } chain && _layers.TryGetValue(chain, out var layer) && seen.Add(chain); next = layer.Parent)
                size += layer.Size;
        }
        return size;
    }

    // From the top down: by the time a layer passes on its count, all its children have passed on theirs.
    private void CountImages(IEnumerable<ChainId> tops)
    {
        foreach (var top in tops)
            _images[top] = _images.GetValueOrDefault(top) + 1;
        var children = new Dictionary<ChainId, int>();
        foreach (var layer in _layers.Values)
        {
            if (layer.Parent is { } parent)
                children[parent] = children.GetValueOrDefault(parent) + 1;
        }
        var ready = new Stack<LayerInfo>(_layers.Values.Where(layer => !children.ContainsKey(layer.ChainId)));
        while (ready.TryPop(out var layer))
        {
            if (layer.Parent is not { } parent)
                continue;
            _images[parent] = _images.GetValueOrDefault(parent) + _images.GetValueOrDefault(layer.ChainId);
            if (--children[parent] == 0 && _layers.TryGetValue(parent, out var below))
                ready.Push(below);
        }
    }
}
