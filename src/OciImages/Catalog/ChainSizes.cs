using OciImages.Layers;

namespace OciImages.Catalog;

/// <summary>How large chains of layers are. Each layer is read once, however many images stand on it.</summary>
internal sealed class ChainSizes
{
    private readonly Dictionary<ChainId, LayerInfo> _layers = [];
    private readonly Dictionary<ChainId, long> _sizes = [];

    /// <summary>The layers.</summary>
    internal IReadOnlyDictionary<ChainId, LayerInfo> Layers => _layers;

    internal static async ValueTask<ChainSizes> ReadAsync(ILayerStore layers, CancellationToken cancellationToken)
    {
        var sizes = new ChainSizes();
        await foreach (var layer in layers.ListAsync(cancellationToken).ConfigureAwait(false))
            sizes._layers[layer.ChainId] = layer;
        return sizes;
    }

    /// <summary>The size in bytes of the files of a layer and all below it. A layer that is missing counts nothing, nor what is below it.</summary>
    internal long Of(ChainId top)
    {
        var path = new Stack<LayerInfo>();
        ChainId? next = top;
        long size = 0;
        while (next is { } chain && !_sizes.TryGetValue(chain, out size) && _layers.TryGetValue(chain, out var layer))
        {
            path.Push(layer);
            next = layer.Parent;
        }
        while (path.TryPop(out var layer))
            _sizes[layer.ChainId] = size += layer.Size;
        return size;
    }

    /// <summary>The size in bytes of those layers of each chain that at least two of the chains have.</summary>
    internal Dictionary<ChainId, long> SharedOf(IEnumerable<ChainId> tops)
    {
        var users = new Dictionary<ChainId, int>();
        var all = new HashSet<ChainId>();
        foreach (var top in tops)
        {
            all.Add(top);
            for (ChainId? next = top; next is { } chain && _layers.TryGetValue(chain, out var layer); next = layer.Parent)
                users[chain] = users.GetValueOrDefault(chain) + 1;
        }
        // What is below a shared layer is shared as well.
        return all.ToDictionary(top => top, top =>
        {
            ChainId? next = top;
            while (next is { } chain && _layers.TryGetValue(chain, out var layer))
            {
                if (users[chain] > 1)
                    return Of(chain);
                next = layer.Parent;
            }
            return 0;
        });
    }
}
