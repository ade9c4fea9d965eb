using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Catalog;
using OciImages.Content.Collection;
using OciImages.Removal.Internal;
using OciImages.Roots;
using OciImages.Usage.Internal;

namespace OciImages.Usage;

/// <summary>Counts what takes up room in a data root.</summary>
public sealed partial class DiskUsageReader : IDiskUsage
{
    private readonly ImageRoot _root;
    private readonly IImageUsage? _usage;
    private readonly ILogger _logger;

    /// <summary>Makes a reader.</summary>
    /// <param name="root">Where images are kept.</param>
    /// <param name="usage">Tells what runs on images; null for the writable layers of the root.</param>
    /// <param name="logger">Gets what cannot be counted; null for none.</param>
    public DiskUsageReader(ImageRoot root, IImageUsage? usage = null, ILogger<DiskUsageReader>? logger = null)
    {
        _root = root;
        _usage = usage;
        _logger = logger ?? NullLogger<DiskUsageReader>.Instance;
    }

    /// <inheritdoc/>
    public async Task<DiskUsage> GetDiskUsageAsync(CancellationToken cancellationToken = default)
    {
        var writable = await ReadWritableLayersAsync(cancellationToken).ConfigureAwait(false);
        var sizes = await ChainSizes.ReadAsync(_root.Layers, cancellationToken).ConfigureAwait(false);
        var listed = await new ImageCatalog(_root).ListAsync(new ListOptions { All = true }, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
        var layers = new LayerUsage(sizes.Layers, listed.Select(image => image.TopLayer));
        var containers = writable.Where(layer => layer.Parent is not null).ToLookup(layer => layer.Parent!.Value);

        var images = new List<ImageDiskUsage>();
        var unused = new HashSet<ImageId>();
        var used = new HashSet<ChainId>(containers.Select(group => group.Key));
        foreach (var image in listed)
        {
            var top = image.TopLayer;
            int users = _usage is null
                ? containers[top].Count()
                : (await _usage.ListUsersAsync(image.Id, cancellationToken).ConfigureAwait(false)).Count;
            images.Add(new ImageDiskUsage(image, layers.SharedSizeOf(top), users));
            if (users == 0)
                unused.Add(image.Id);
            else
                used.Add(top);
        }
        long kept = layers.SizeOf(used);
        var (content, ingests) = await ReadContentAsync(unused, cancellationToken).ConfigureAwait(false);
        return new DiskUsage(images, new DiskUsageTotal(layers.Count, layers.Size, layers.Size - kept), writable, content, ingests);
    }

    private async ValueTask<List<WritableLayerDiskUsage>> ReadWritableLayersAsync(CancellationToken cancellationToken)
    {
        var found = new List<WritableLayerDiskUsage>();
        await foreach (var layer in _root.WritableLayers.ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            long? size = null;
            try
            {
                size = await layer.GetSizeAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OciException e)
            {
                LogNotCounted(_logger, layer.Name, e.Message);
            }
            found.Add(new WritableLayerDiskUsage(layer.Name, layer.Parent, size));
        }
        found.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
        return found;
    }

    // What leases hold counts as needed; content is never too young to be reclaimed, as for prune.
    private async ValueTask<(DiskUsageTotal Content, DiskUsageTotal Ingests)> ReadContentAsync(
        HashSet<ImageId> unused, CancellationToken cancellationToken)
    {
        int count = 0;
        long size = 0;
        await foreach (var content in _root.Content.ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            count++;
            size += content.Size;
        }
        int ingests = 0;
        long ingestSize = 0;
        await foreach (var ingest in _root.Content.ListIngestsAsync(cancellationToken).ConfigureAwait(false))
        {
            ingests++;
            ingestSize += ingest.Offset;
        }
        var reclaimable = new ContentCollectionResult([], [], 0);
        try
        {
            reclaimable = await new ContentCollector(_root.Content, new ImageContentGraph(_root, unused), _root.TimeProvider)
                .CollectAsync(new ContentCollectionOptions { GracePeriod = TimeSpan.Zero, DryRun = true }, cancellationToken).ConfigureAwait(false);
        }
        catch (OciException e)
        {
            LogNotCounted(_logger, "what could be collected", e.Message); // nor would a collection take anything
        }
        return (
            new DiskUsageTotal(count, size, reclaimable.Content.Sum(content => content.Size)),
            new DiskUsageTotal(ingests, ingestSize, reclaimable.Ingests.Sum(ingest => ingest.Offset)));
    }

    [LoggerMessage(1, LogLevel.Warning, "The size of {Name} is not known: {Reason}")]
    private static partial void LogNotCounted(ILogger logger, string name, string reason);
}
