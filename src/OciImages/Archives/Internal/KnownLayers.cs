using OciImages.Layers;
using OciImages.Roots;

namespace OciImages.Archives.Internal;

/// <summary>Which layers a root has, whatever chain they are in, so that an archive's need not be unpacked to learn what they are.</summary>
internal sealed class KnownLayers(ImageRoot root)
{
    private Dictionary<DiffId, ChainId>? _chains;

    /// <summary>Whether a layer can be had here that has a digest, as its blob's or its own.</summary>
    public async ValueTask<bool> HasAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (await root.Content.FindAsync(digest, cancellationToken).ConfigureAwait(false) is not null)
            return true;
        var chains = await ListAsync(cancellationToken).ConfigureAwait(false);
        return chains.ContainsKey(new DiffId(digest))
            || (await root.Distribution.FindDiffIdAsync(digest, cancellationToken).ConfigureAwait(false) is { } diffId && chains.ContainsKey(diffId));
    }

    /// <summary>Notes a layer that came since.</summary>
    public async ValueTask AddAsync(LayerInfo layer, CancellationToken cancellationToken) =>
        (await ListAsync(cancellationToken).ConfigureAwait(false)).TryAdd(layer.DiffId, layer.ChainId);

    /// <summary>Opens the tar of a layer, out of whatever chain has it.</summary>
    /// <returns>The layer, which the caller disposes; null when no chain has it.</returns>
    public async ValueTask<LayerHandle?> AcquireAsync(DiffId diffId, CancellationToken cancellationToken) =>
        (await ListAsync(cancellationToken).ConfigureAwait(false)).TryGetValue(diffId, out var chain)
            ? await root.Layers.AcquireAsync(chain, cancellationToken).ConfigureAwait(false)
            : null;

    private async ValueTask<Dictionary<DiffId, ChainId>> ListAsync(CancellationToken cancellationToken)
    {
        if (_chains is not null)
            return _chains;
        var chains = new Dictionary<DiffId, ChainId>();
        await foreach (var layer in root.Layers.ListAsync(cancellationToken).ConfigureAwait(false))
            chains.TryAdd(layer.DiffId, layer.ChainId);
        return _chains = chains;
    }
}
