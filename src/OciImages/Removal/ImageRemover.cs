using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Catalog.Internal;
using OciImages.Content.Collection;
using OciImages.Events;
using OciImages.Removal.Internal;
using OciImages.Roots;

namespace OciImages.Removal;

/// <summary>Removes the images of a data root, by Docker's rules.</summary>
public sealed partial class ImageRemover : IImageRemover
{
    private static readonly HashSet<ImageId> Nothing = [];

    private readonly ImageRoot _root;
    private readonly IImageCatalog _catalog;
    private readonly ImageEvents _events;
    private readonly IImageUsage _usage;
    private readonly ILogger _logger;
    private int _isPruning;

    /// <summary>Makes a remover.</summary>
    /// <param name="root">Where images are kept.</param>
    /// <param name="catalog">Finds them.</param>
    /// <param name="events">Is told of what goes.</param>
    /// <param name="usage">Tells what runs on images; null for the writable layers of the root.</param>
    /// <param name="logger">Gets why content could not be collected; null for none.</param>
    public ImageRemover(
        ImageRoot root, IImageCatalog catalog, ImageEvents events, IImageUsage? usage = null, ILogger<ImageRemover>? logger = null)
    {
        _root = root;
        _catalog = catalog;
        _events = events;
        _usage = usage ?? new WritableLayerUsage(root);
        _logger = logger ?? NullLogger<ImageRemover>.Instance;
    }

    private StoredState Stored => new(_root, _usage, _events);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RemovedItem>> RemoveAsync(
        string referenceOrId, RemoveOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new RemoveOptions();
        if (string.IsNullOrWhiteSpace(referenceOrId))
            throw new OciException(OciErrorKind.InvalidInput, "image name cannot be blank");
        var removal = new Internal.Removal(Stored, options.Force, options.KeepParents);
        using (await _root.LockAsync(cancellationToken).ConfigureAwait(false))
        {
            var image = await _catalog.FindIdAsync(referenceOrId, cancellationToken).ConfigureAwait(false)
                ?? throw FamiliarNames.NoSuchImage(referenceOrId);
            if (IsIdPrefix(image, referenceOrId))
                await removal.RemoveImageAsync(image, cancellationToken).ConfigureAwait(false);
            else
                await removal.RemoveReferenceAsync(referenceOrId, ImageReference.Parse(referenceOrId).WithDefaultTag(), image, cancellationToken).ConfigureAwait(false);
        }
        if (!options.KeepContent && removal.Items.Any(item => item.Deleted is not null))
            await TryCollectContentAsync(cancellationToken).ConfigureAwait(false);
        return removal.Items;
    }

    /// <inheritdoc/>
    public async Task<PruneResult> PruneAsync(PruneOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new PruneOptions();
        if (Interlocked.Exchange(ref _isPruning, 1) != 0)
            throw new OciException(OciErrorKind.Conflict, "a prune operation is already running");
        try
        {
            var planned = options.DryRun ? await PlannedState.ReadAsync(_root, _usage, cancellationToken).ConfigureAwait(false) : null;
            var pruning = new Pruning(planned is null ? Stored : planned, options);
            foreach (var image in await new PruneCandidates(_root, options).ListAsync(cancellationToken).ConfigureAwait(false))
            {
                // One by one, so that others are not kept waiting for all.
                using (await _root.LockAsync(cancellationToken).ConfigureAwait(false))
                    await pruning.RemoveAsync(image, cancellationToken).ConfigureAwait(false);
            }
            long content = await CollectContentAsync(planned?.Deleted ?? Nothing, options.DryRun, cancellationToken).ConfigureAwait(false);
            long space = pruning.Layers.Sum(layer => layer.Size);
            if (!options.DryRun)
                _events.Publish(new ImageEvent(ImageEventType.Prune, default, space.ToString(System.Globalization.CultureInfo.InvariantCulture), _root.TimeProvider.GetUtcNow()));
            return new PruneResult(pruning.Items, space, content, pruning.Blocked);
        }
        finally
        {
            Volatile.Write(ref _isPruning, 0);
        }
    }

    // The image is gone, whatever becomes of the content: a record that cannot be read keeps all of it.
    private async Task TryCollectContentAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CollectContentAsync(Nothing, dryRun: false, cancellationToken).ConfigureAwait(false);
        }
        catch (OciException e)
        {
            LogContentStays(_logger, e.Message);
        }
    }

    // Leases keep what others are about to need: no grace besides, so that the space is free when the caller is told so.
    private async Task<long> CollectContentAsync(IReadOnlySet<ImageId> without, bool dryRun, CancellationToken cancellationToken)
    {
        var collector = new ContentCollector(_root.Content, new ImageContentGraph(_root, without), _root.TimeProvider);
        var options = new ContentCollectionOptions { GracePeriod = TimeSpan.Zero, DryRun = dryRun };
        return (await collector.CollectAsync(options, cancellationToken).ConfigureAwait(false)).Bytes;
    }

    // As Docker decides it: what was typed is the start of the ID, with or without the algorithm.
    private static bool IsIdPrefix(ImageId image, string typed) =>
        image.ToString().StartsWith(typed, StringComparison.Ordinal) || image.Value.Hex.StartsWith(typed, StringComparison.Ordinal);

    [LoggerMessage(1, LogLevel.Warning, "The content of a removed image stays: {Reason}")]
    private static partial void LogContentStays(ILogger logger, string reason);
}
