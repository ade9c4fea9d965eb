using Microsoft.Extensions.Logging;

namespace OciImages.Layers.Internal.Store;

/// <summary>
/// Finds layers that can be used: their records, what the driver has for them, what their tars are rebuilt from, and all of that of every
/// layer below. Anything less is as good as absent, so that adding the layer again repairs it. Not thread-safe.
/// </summary>
internal sealed class WholeLayers(LayerDbLayout layout, IStorageDriver driver, LayerReferences references, ILogger logger)
{
    // How many layers a chain has. A ChainID is a hash over its parent's: what is known once stays true.
    private readonly Dictionary<ChainId, int> _depths = [];

    /// <summary>Reads the record of a layer, whatever else of it is missing.</summary>
    internal LayerInfo? Read(ChainId chain)
    {
        var layer = layout.TryRead(chain, out string? problem);
        if (problem is not null)
            logger.LayerIgnored(chain.ToString(), problem);
        return layer;
    }

    /// <summary>Finds a layer that is whole, with all below it; handles vouch for theirs.</summary>
    internal async ValueTask<LayerInfo?> FindAsync(ChainId chain, CancellationToken cancellationToken)
    {
        var unknown = new List<LayerInfo>();
        int below = 0;
        for (ChainId? next = chain; next is { } current; next = unknown[^1].Parent)
        {
            if (references.FindHeld(current) is { } held && _depths.TryGetValue(current, out below))
            {
                if (unknown.Count == 0)
                    return held;
                break;
            }
            if (Read(current) is not { } layer)
            {
                if (unknown.Count > 0)
                    logger.LayerIgnored(chain.ToString(), $"{current} below it is missing or damaged.");
                return null;
            }
            unknown.Add(layer);
        }
        for (int i = unknown.Count - 1; i >= 0; i--, below++)
        {
            if (await FindDamageAsync(unknown[i], below, cancellationToken).ConfigureAwait(false) is { } damage)
            {
                logger.LayerIgnored(chain.ToString(), i == 0 ? damage : $"{unknown[i].ChainId} below it is damaged: {damage}");
                return null;
            }
            _depths[unknown[i].ChainId] = below + 1;
        }
        return unknown[0];
    }

    /// <summary>Says why a layer cannot be used, whoever vouches for it; layers below that are damaged are not its own fault.</summary>
    internal async ValueTask<string?> FindProblemAsync(ChainId chain, CancellationToken cancellationToken)
    {
        var layer = layout.TryRead(chain, out string? problem);
        if (layer is null)
            return problem;
        int below = 0;
        for (var next = layer.Parent; next is { } parent; next = layout.ReadParent(parent), below++)
        {
            if (!Directory.Exists(layout.Layer(parent)))
                return below == 0 ? $"the layer {parent} below it is missing." : null;
        }
        return await FindDamageAsync(layer, below, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<string?> FindDamageAsync(LayerInfo layer, int below, CancellationToken cancellationToken)
    {
        string tarSplit = layout.TarSplit(layer.ChainId);
        if (driver is not Drivers.ITarSource && new FileInfo(tarSplit) is not { Exists: true, Length: > 0 })
            return $"its file {tarSplit} is missing or empty.";
        if (driver is ILayerCheck check)
            return check.FindDamage(layer.CacheId, below);
        return await driver.ExistsAsync(layer.CacheId, cancellationToken).ConfigureAwait(false)
            ? null
            : $"the driver {driver.Name} has nothing for it.";
    }
}
