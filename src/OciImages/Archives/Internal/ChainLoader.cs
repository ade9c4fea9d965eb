using OciImages.Layers;
using OciImages.Roots;
using OciImages.Transfers;

namespace OciImages.Archives.Internal;

/// <summary>Brings the layers of one image out of an archive: missing ones are unpacked side by side and committed parent first.</summary>
internal sealed class ChainLoader(ImageRoot root, ArchiveSource source, LayerStager stager, KnownLayers known, LoadOptions options)
{
    private readonly Lock _reporting = new();

    /// <summary>The handles of the layers that were committed, topmost last; the caller disposes or releases them.</summary>
    public List<LayerHandle> Committed { get; } = [];

    /// <summary>The handles of layers that were here; the caller disposes them.</summary>
    public List<LayerHandle> Existing { get; } = [];

    /// <summary>What was staged; the caller commits its blobs, and disposes it.</summary>
    public List<StagedBlob> Staged { get; } = [];

    public async Task LoadAsync(ArchiveImage image, CancellationToken cancellationToken)
    {
        var chains = Chains(image.Config.DiffIds);
        int missing = await FirstMissingAsync(chains, cancellationToken).ConfigureAwait(false);
        using var slots = new SemaphoreSlim(source.IsParallel ? options.MaxConcurrentLayers : 1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var staging = Enumerable.Range(missing, chains.Length - missing)
            .Select(layer => StageAsync(image.Layers[layer], image.Config.DiffIds[layer], slots, stop.Token)).ToList();
        try
        {
            for (int layer = missing; layer < chains.Length; layer++)
            {
                var staged = await staging[layer - missing].ConfigureAwait(false);
                var handle = await staged.Layer.CommitAsync(layer == 0 ? null : chains[layer - 1], cancellationToken).ConfigureAwait(false);
                Committed.Add(handle);
                await known.AddAsync(handle.Layer, cancellationToken).ConfigureAwait(false);
                Report(handle.Layer.DiffId, TransferPhase.Complete);
            }
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            await Task.WhenAll(staging.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<StagedBlob> StageAsync(string name, DiffId diffId, SemaphoreSlim slots, CancellationToken cancellationToken)
    {
        Report(diffId, TransferPhase.Queued);
        await slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Report(diffId, TransferPhase.Extracting);
            var staged = await source.StageAsync(name, diffId, cancellationToken).ConfigureAwait(false)
                ?? await StageAgainAsync(name, diffId, cancellationToken).ConfigureAwait(false);
            lock (Staged)
                Staged.Add(staged);
            return staged;
        }
        finally
        {
            slots.Release();
        }
    }

    // The archive's bytes passed by: the layer is in another chain, or its blob in the content store.
    private async Task<StagedBlob> StageAgainAsync(string name, DiffId diffId, CancellationToken cancellationToken)
    {
        if (await known.AcquireAsync(diffId, cancellationToken).ConfigureAwait(false) is { } other)
        {
            await using (other.ConfigureAwait(false))
            {
                var tar = await other.OpenTarAsync(cancellationToken).ConfigureAwait(false);
                await using (tar.ConfigureAwait(false))
                    return await stager.StageAsync(tar, null, diffId, cancellationToken).ConfigureAwait(false);
            }
        }
        if (ArchiveSource.DigestOf(name) is not { } digest)
            throw new OciException(OciErrorKind.NotFound, $"The layer {diffId} was removed while the archive was read; load it again.");
        var blob = await root.Content.OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
        await using (blob.ConfigureAwait(false))
            return await stager.StageAsync(blob, null, diffId, cancellationToken).ConfigureAwait(false);
    }

    // From the top down: mostly all is here, or nothing. What is here is held.
    private async Task<int> FirstMissingAsync(ChainId[] chains, CancellationToken cancellationToken)
    {
        for (int layer = chains.Length; layer > 0; layer--)
        {
            if (await root.Layers.AcquireAsync(chains[layer - 1], cancellationToken).ConfigureAwait(false) is { } existing)
            {
                Existing.Add(existing);
                return layer;
            }
        }
        return 0;
    }

    private static ChainId[] Chains(IReadOnlyList<DiffId> diffIds)
    {
        var chains = new ChainId[diffIds.Count];
        ChainId chain = default;
        for (int layer = 0; layer < chains.Length; layer++)
            chains[layer] = chain = chain.Append(diffIds[layer]);
        return chains;
    }

    private void Report(DiffId layer, TransferPhase phase)
    {
        if (options.Progress is not { } progress)
            return;
        lock (_reporting)
            progress.Report(new TransferProgress(layer.Value, phase, 0, null));
    }
}
