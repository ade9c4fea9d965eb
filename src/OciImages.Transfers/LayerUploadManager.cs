using OciImages.Content;
using OciImages.Registry;
using OciImages.Transfers.Internal;

namespace OciImages.Transfers;

/// <summary>
/// Uploads the layers of images out of a content store, several side by side. A layer that several callers want in one repository is uploaded
/// once, and goes on until the last of them gives up. What the registry has is not sent.
/// </summary>
/// <remarks>One manager serves all pushes out of one store; it is thread-safe.</remarks>
public sealed class LayerUploadManager : IDisposable
{
    private readonly SharedTransfers<(RepositoryName Target, Digest Blob)> _transfers = new();
    private readonly IContentReader _content;
    private readonly TransferOptions _options;
    private readonly SemaphoreSlim _slots;

    /// <summary>Makes a manager.</summary>
    /// <param name="content">Where the blobs are.</param>
    /// <param name="options">How; null for the defaults. Read once.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number in the options is out of its range.</exception>
    public LayerUploadManager(IContentReader content, TransferOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(content);
        _options = options ?? new TransferOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.MaxConcurrentUploads, 1);
        _content = content;
        _slots = new SemaphoreSlim(_options.MaxConcurrentUploads, _options.MaxConcurrentUploads);
    }

    /// <summary>Makes sure that a repository has the layers.</summary>
    /// <param name="target">The repository.</param>
    /// <param name="layers">The layers; the same one more than once is uploaded once.</param>
    /// <param name="progress">Gets every layer's reports, from any thread but one at a time per layer; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What each layer came to, in their order.</returns>
    /// <exception cref="OciException">
    /// A layer that the registry does not have is not here either (<see cref="OciErrorKind.NotFound"/>), is damaged
    /// (<see cref="OciErrorKind.Corrupt"/>), or the registry refused or could not be reached.
    /// </exception>
    public async Task<IReadOnlyList<LayerUploadResult>> UploadAsync(
        IRepository target, IReadOnlyList<LayerUpload> layers, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var joined = new Dictionary<Digest, JoinedTransfer>();
        try
        {
            foreach (var layer in layers)
            {
                var digest = layer.Blob.Digest;
                if (!joined.ContainsKey(digest))
                    joined[digest] = _transfers.Join((target.Name, digest), progress, transfer => RunAsync(transfer, target, layer));
            }
            await TransferWait.AllAsync(joined.Values, cancellationToken).ConfigureAwait(false);
            return [.. layers.Select(layer => ResultOf(layer.Blob, joined[layer.Blob.Digest].Last))];
        }
        finally
        {
            foreach (var transfer in joined.Values)
                await transfer.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Frees what it holds. Running uploads are to be cancelled and awaited first.</summary>
    public void Dispose() => _slots.Dispose();

    private static LayerUploadResult ResultOf(Descriptor blob, TransferProgress? last) => last?.Phase switch
    {
        TransferPhase.AlreadyExists => new LayerUploadResult(blob, BlobPushOutcome.Existing),
        TransferPhase.Mounted => new LayerUploadResult(blob, BlobPushOutcome.Mounted, last.Value.MountedFrom),
        _ => new LayerUploadResult(blob, BlobPushOutcome.Uploaded),
    };

    private async Task RunAsync(SharedTransfer transfer, IRepository target, LayerUpload layer)
    {
        var progress = new ProgressGate(transfer, layer.Blob, _options, layer.DiffId);
        progress.Enter(TransferPhase.Queued);
        // Nothing may be awaited before this: places go to layers in the order in which they were joined.
        var slot = _slots.WaitAsync(transfer.CancellationToken);
        if (!slot.IsCompleted)
            progress.Enter(TransferPhase.Waiting);
        await slot.ConfigureAwait(false);
        TransferTelemetry.Entered(1);
        try
        {
            var result = await PushAsync(target, layer, progress, transfer.CancellationToken).ConfigureAwait(false);
            var (phase, word) = result.Outcome switch
            {
                BlobPushOutcome.Existing => (TransferPhase.AlreadyExists, "existing"),
                BlobPushOutcome.Mounted => (TransferPhase.Mounted, "mounted"),
                _ => (TransferPhase.Complete, "uploaded"),
            };
            TransferTelemetry.Ended(word);
            progress.Enter(phase, result.MountedFrom);
        }
        finally
        {
            TransferTelemetry.Entered(-1);
            _slots.Release();
        }
    }

    // The registry client repeats and resumes by itself: what it gave up on is final.
    private Task<BlobPushResult> PushAsync(IRepository target, LayerUpload layer, ProgressGate progress, CancellationToken cancellationToken)
    {
        var options = new BlobPushOptions { MountFrom = layer.MountFrom, Progress = new UploadProgress(progress) };
        return target.Blobs.PushAsync(layer.Blob, token => _content.OpenReadAsync(layer.Blob.Digest, token), options, cancellationToken);
    }
}
