using Microsoft.Extensions.Logging;
using OciImages.Content;
using OciImages.Layers;
using OciImages.Layers.Compression;
using OciImages.Registry;

namespace OciImages.Transfers.Internal;

/// <summary>The work of one layer's transfer: fetch and unpack in one pass, then commit on top of the parent.</summary>
internal sealed partial class LayerTransfer(IContentStore content, ILayerStore layers, TransferOptions options, ILogger logger) : IDisposable
{
    // Another process that holds the ingest tells nobody when it is done.
    private static readonly TimeSpan IngestPollInterval = TimeSpan.FromMilliseconds(200);

    private readonly SemaphoreSlim _slots = new(options.MaxConcurrentDownloads, options.MaxConcurrentDownloads);
    private readonly KeyedLock<Digest> _blobs = new();

    public void Dispose() => _slots.Dispose();

    public async Task RunAsync(
        SharedTransfer transfer, IRepository source, LayerDownload layer, ChainId chain, ChainId? parent, Task parentTransfer)
    {
        var progress = new ProgressGate(transfer, layer.Blob, options);
        var cancellationToken = transfer.CancellationToken;
        progress.Enter(TransferPhase.Queued);
        if (await StageInSlotAsync(transfer, source, layer, chain, progress, cancellationToken).ConfigureAwait(false) is not { } staged)
        {
            TransferTelemetry.Ended("existing");
            progress.Enter(TransferPhase.AlreadyExists);
            return;
        }
        await using (staged.ConfigureAwait(false))
        {
            await parentTransfer.WaitAsync(cancellationToken).ConfigureAwait(false);
            transfer.Hold(await staged.CommitAsync(parent, cancellationToken).ConfigureAwait(false));
        }
        if (!options.KeepLayerBlobs)
            await content.DeleteAsync(layer.Blob.Digest, cancellationToken).ConfigureAwait(false);
        TransferTelemetry.Ended("downloaded");
        progress.Enter(TransferPhase.Complete);
    }

    /// <summary>The staged layer, or null when it was committed by somebody else meanwhile.</summary>
    private async Task<StagedLayer?> StageInSlotAsync(
        SharedTransfer transfer, IRepository source, LayerDownload layer, ChainId chain, ProgressGate progress, CancellationToken cancellationToken)
    {
        // Nothing may be awaited before this: places go to layers in the order in which they were joined, the base first.
        var slot = _slots.WaitAsync(cancellationToken);
        if (!slot.IsCompleted)
            progress.Enter(TransferPhase.Waiting);
        await slot.ConfigureAwait(false);
        TransferTelemetry.Entered(1);
        try
        {
            // The same blob twice, in one image or in two pulls, is fetched once: the second finds it in the content store.
            using (await _blobs.AcquireAsync(layer.Blob.Digest, cancellationToken).ConfigureAwait(false))
            {
                if (await layers.AcquireAsync(chain, cancellationToken).ConfigureAwait(false) is { } existing)
                {
                    transfer.Hold(existing);
                    return null;
                }
                return await StageWithRetryAsync(source, layer, progress, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            TransferTelemetry.Entered(-1);
            _slots.Release();
        }
    }

    private async Task<StagedLayer> StageWithRetryAsync(
        IRepository source, LayerDownload layer, ProgressGate progress, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await StageAsync(source, layer, progress, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (attempt < options.MaxAttempts && MayPass(e))
            {
                var delay = options.RetryDelay * Math.Pow(2, attempt - 1) * Random.Shared.NextDouble();
                LogRetry(logger, layer.Blob.Digest, attempt, options.MaxAttempts, delay, e.Message);
                TransferTelemetry.Retried();
                progress.Enter(TransferPhase.Retrying);
                await Task.Delay(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // The registry client repeats and resumes by itself: what it gave up on is final. What it cannot see is content that arrived
    // whole and is not what it should be, and the streams of other repositories.
    private static bool MayPass(Exception exception) => exception switch
    {
        DamagedBlobException => true,
        RegistryException => false,
        OciException e => e.IsTransient,
        IOException => true,
        _ => false,
    };

    private async Task<StagedLayer> StageAsync(
        IRepository source, LayerDownload layer, ProgressGate progress, CancellationToken cancellationToken)
    {
        var (writer, present) = await OpenBlobAsync(layer.Blob, progress, cancellationToken).ConfigureAwait(false);
        if (present is not null)
        {
            progress.Enter(TransferPhase.Extracting);
            await using (present.ConfigureAwait(false))
                return await UnpackPresentAsync(present, layer, cancellationToken).ConfigureAwait(false);
        }
        await using (writer!.ConfigureAwait(false))
            return await FetchAsync(source, writer!, layer, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The blob if it is here, else an ingest to fetch it into; waits while another process fetches it.</summary>
    private async Task<(ContentWriter? Writer, Stream? Present)> OpenBlobAsync(
        Descriptor blob, ProgressGate progress, CancellationToken cancellationToken)
    {
        string ingestId = $"blob-{blob.Digest}";
        var (offset, since) = (-1L, options.TimeProvider.GetTimestamp());
        for (int vanished = 0; ;)
        {
            try
            {
                if (await content.FindAsync(blob.Digest, cancellationToken).ConfigureAwait(false) is { } info)
                {
                    return info.Size == blob.Size
                        ? (null, await content.OpenReadAsync(blob.Digest, cancellationToken).ConfigureAwait(false))
                        : throw new OciException(OciErrorKind.Corrupt, $"The layer {blob.Digest} has {info.Size} bytes, not the {blob.Size} that the manifest says.");
                }
                return (await content.OpenWriterAsync(ingestId, cancellationToken).ConfigureAwait(false), null);
            }
            catch (OciException e) when (e.Kind == OciErrorKind.NotFound && vanished++ < options.MaxAttempts)
            {
                // Deleted between the two calls, by whoever keeps no blobs: fetch it.
            }
            catch (OciException e) when (e.Kind == OciErrorKind.Unavailable && e is not StorageException)
            {
                long now = await OffsetAsync(ingestId, cancellationToken).ConfigureAwait(false);
                if (now != offset)
                {
                    if (offset < 0)
                        LogBusy(logger, blob.Digest, e.Message);
                    (offset, since) = (now, options.TimeProvider.GetTimestamp());
                }
                else if (options.TimeProvider.GetElapsedTime(since) > options.StalledIngestTimeout)
                {
                    throw;
                }
                progress.Enter(TransferPhase.Waiting);
                await Task.Delay(IngestPollInterval, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<long> OffsetAsync(string ingestId, CancellationToken cancellationToken)
    {
        await foreach (var ingest in content.ListIngestsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (ingest.IngestId == ingestId)
                return ingest.Offset;
        }
        return 0;
    }

    private async Task<StagedLayer> UnpackPresentAsync(Stream blob, LayerDownload layer, CancellationToken cancellationToken)
    {
        try
        {
            return await UnpackAsync(blob, layer, cancellationToken).ConfigureAwait(false);
        }
        catch (OciException e) when (e.Kind is OciErrorKind.Corrupt or OciErrorKind.InvalidInput)
        {
            // A bad layer, or a good one that rotted on the disk? Only the latter is worth fetching again.
            var again = await content.OpenReadAsync(layer.Blob.Digest, cancellationToken).ConfigureAwait(false);
            await using (again.ConfigureAwait(false))
            {
                var actual = await Digest.ComputeAsync(again, layer.Blob.Digest.Algorithm, cancellationToken).ConfigureAwait(false);
                if (actual == layer.Blob.Digest)
                    throw;
            }
            await content.DeleteAsync(layer.Blob.Digest, cancellationToken).ConfigureAwait(false);
            throw new DamagedBlobException($"The stored blob {layer.Blob.Digest} is damaged and was removed: {e.Message}", e);
        }
    }

    private async Task<StagedLayer> FetchAsync(
        IRepository source, ContentWriter writer, LayerDownload layer, ProgressGate progress, CancellationToken cancellationToken)
    {
        if (writer.Offset > 0)
            LogResume(logger, layer.Blob.Digest, writer.Offset, layer.Blob.Size);
        progress.Enter(TransferPhase.Transferring);
        var fetch = new BlobFetch(writer, layer.Blob, progress);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var fetching = fetch.RunAsync(source.Blobs, stop.Token);
        var unpacking = UnpackAndCloseAsync(fetch.Reader, layer, cancellationToken);
        StagedLayer? staged = null;
        try
        {
            // A full or failing disk says nothing about the bytes: those that are here stay, and no more come for nothing.
            if (await Task.WhenAny(fetching, unpacking).ConfigureAwait(false) == unpacking
                && unpacking.Exception?.InnerException is StorageException { Kind: OciErrorKind.Unavailable })
            {
                await stop.CancelAsync().ConfigureAwait(false);
                await fetching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return await unpacking.ConfigureAwait(false);
            }
            // When the fetch fails, so does the unpacking, of the same cause or of a cut stream: the fetch tells the truth.
            await fetching.ConfigureAwait(false);
            progress.Enter(TransferPhase.Verifying);
            await CommitBlobAsync(writer, layer.Blob, cancellationToken).ConfigureAwait(false);
            progress.Enter(TransferPhase.Transferred);
            staged = await unpacking.ConfigureAwait(false);
            progress.Enter(TransferPhase.Extracting);
            return staged;
        }
        finally
        {
            if (staged is null)
                await DiscardAsync(unpacking).ConfigureAwait(false);
        }
    }

    private static async Task CommitBlobAsync(ContentWriter writer, Descriptor blob, CancellationToken cancellationToken)
    {
        try
        {
            await writer.CommitAsync(blob.Size, blob.Digest, cancellationToken).ConfigureAwait(false);
        }
        catch (OciException e) when (e.Kind == OciErrorKind.Corrupt)
        {
            throw new DamagedBlobException($"The layer {blob.Digest} arrived damaged: {e.Message}", e);
        }
    }

    private async Task<StagedLayer> UnpackAndCloseAsync(Stream blob, LayerDownload layer, CancellationToken cancellationToken)
    {
        // Closing the reader, also after a failure, lets the fetch go on to the blob's end.
        await using (blob.ConfigureAwait(false))
            return await UnpackAsync(blob, layer, cancellationToken).ConfigureAwait(false);
    }

    private async Task<StagedLayer> UnpackAsync(Stream blob, LayerDownload layer, CancellationToken cancellationToken)
    {
        // Unpacking is long synchronous work between reads: not on the thread that serves the socket.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var limits = new LayerCompressionOptions
        {
            MaxDecompressedSize = Math.Max(options.MaxUnpackedSize, (long)Int128.Min((Int128)layer.Blob.Size * options.MaxUnpackRatio, long.MaxValue)),
        };
        var tar = await LayerCompression.OpenAsync(blob, limits, cancellationToken).ConfigureAwait(false);
        await using (tar.ConfigureAwait(false))
            return await layers.StageAsync(tar, layer.DiffId, cancellationToken).ConfigureAwait(false);
    }

    private static async Task DiscardAsync(Task<StagedLayer> unpacking)
    {
        try
        {
            var staged = await unpacking.ConfigureAwait(false);
            await staged.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is OciException or IOException or OperationCanceledException)
        {
            // The fetch's failure is on its way to the caller and is the cause of this one.
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Layer {Digest}: attempt {Attempt} of {MaxAttempts} failed, next in {Delay}: {Reason}")]
    private static partial void LogRetry(ILogger logger, Digest digest, int attempt, int maxAttempts, TimeSpan delay, string reason);

    [LoggerMessage(2, LogLevel.Information, "Layer {Digest}: continuing at {Offset} of {Size} bytes")]
    private static partial void LogResume(ILogger logger, Digest digest, long offset, long size);

    [LoggerMessage(3, LogLevel.Information, "Layer {Digest} is being fetched elsewhere: {Reason}")]
    private static partial void LogBusy(ILogger logger, Digest digest, string reason);
}
