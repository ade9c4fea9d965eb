using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Content;
using OciImages.Layers;
using OciImages.Registry;
using OciImages.Transfers.Internal;

namespace OciImages.Transfers;

/// <summary>
/// Downloads and unpacks the layers of images. Layers are unpacked while they arrive, several side by side, and committed parent
/// first; a layer that several callers want is transferred once, and goes on until the last of them gives up.
/// </summary>
/// <remarks>One manager serves all pulls into one pair of stores; it is thread-safe.</remarks>
public sealed class LayerDownloadManager : IDisposable
{
    private readonly SharedTransfers<TransferKey> _transfers = new();
    private readonly LayerTransfer _transfer;
    private readonly ILayerStore _layers;

    /// <summary>Makes a manager.</summary>
    /// <param name="content">Where blobs are kept.</param>
    /// <param name="layers">Where layers are unpacked.</param>
    /// <param name="options">How; null for the defaults. Read once.</param>
    /// <param name="logger">Gets retries and resumes; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number in the options is out of its range.</exception>
    public LayerDownloadManager(
        IContentStore content, ILayerStore layers, TransferOptions? options = null, ILogger<LayerDownloadManager>? logger = null)
    {
        options ??= new TransferOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxConcurrentDownloads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxAttempts, 1);
        _layers = layers;
        _transfer = new LayerTransfer(content, layers, options, logger ?? NullLogger<LayerDownloadManager>.Instance);
    }

    /// <summary>Makes sure that the layers of an image are here, and downloads those that are not.</summary>
    /// <param name="source">The repository to download from.</param>
    /// <param name="layers">The layers, lowest first.</param>
    /// <param name="progress">Gets every layer's reports, from any thread but one at a time per layer; null for none.</param>
    /// <param name="cancellationToken">Gives up; what is downloaded by then is continued by a later call.</param>
    /// <returns>The committed layers; the caller disposes them.</returns>
    /// <exception cref="OciException">A layer cannot be had, or is not what manifest and config say.</exception>
    public async Task<LayerChain> DownloadAsync(
        IRepository source,
        IReadOnlyList<LayerDownload> layers,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        // Known before anything is fetched: the layers below the one too many would be committed for nothing.
        if (layers.Count > _layers.MaxDepth)
            throw new OciException(OciErrorKind.InvalidInput, $"Max depth exceeded: the image has {layers.Count} layers, more than the {_layers.MaxDepth} allowed.");
        var keys = KeysOf(source.Name, layers);
        var (existing, top) = await FindExistingAsync(keys, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < existing; i++)
            progress?.Report(new TransferProgress(layers[i].Blob.Digest, TransferPhase.AlreadyExists, layers[i].Blob.Size, layers[i].Blob.Size));
        if (existing > 0)
            TransferTelemetry.Ended("existing", existing);
        if (existing == layers.Count)
            return new LayerChain(top, existing);

        var joined = new List<JoinedTransfer>(layers.Count - existing);
        try
        {
            for (int i = existing; i < layers.Count; i++)
            {
                var (layer, key) = (layers[i], keys[i]);
                ChainId? parent = i == 0 ? null : keys[i - 1].Chain;
                var parentTransfer = joined.Count == 0 ? Task.CompletedTask : joined[^1].Completion;
                joined.Add(_transfers.Join(key, progress, transfer => _transfer.RunAsync(transfer, source, layer, key.Chain, parent, parentTransfer)));
            }
            await TransferWait.AllAsync(joined, cancellationToken).ConfigureAwait(false);
            var handle = await _layers.AcquireAsync(keys[^1].Chain, cancellationToken).ConfigureAwait(false);
            return new LayerChain(handle ?? throw new OciException(OciErrorKind.Conflict, $"The layer {keys[^1].Chain} was removed while its image was pulled."), existing);
        }
        finally
        {
            // Topmost first: a layer above never outlives the wait for its parent.
            for (int i = joined.Count - 1; i >= 0; i--)
                await joined[i].DisposeAsync().ConfigureAwait(false);
            if (top is not null)
                await top.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Frees what it holds. Running downloads are to be cancelled and awaited first.</summary>
    public void Dispose() => _transfer.Dispose();

    private static TransferKey[] KeysOf(RepositoryName source, IReadOnlyList<LayerDownload> layers)
    {
        var keys = new TransferKey[layers.Count];
        var key = new TransferKey(source, default, default);
        for (int i = 0; i < keys.Length; i++)
            keys[i] = key = key.Append(layers[i]);
        return keys;
    }

    private async ValueTask<(int Existing, LayerHandle? Top)> FindExistingAsync(TransferKey[] keys, CancellationToken cancellationToken)
    {
        for (int count = keys.Length; count > 0; count--)
        {
            if (await _layers.AcquireAsync(keys[count - 1].Chain, cancellationToken).ConfigureAwait(false) is { } handle)
                return (count, handle);
        }
        return (0, null);
    }
}
