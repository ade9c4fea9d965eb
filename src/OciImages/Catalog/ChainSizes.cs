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
}
