using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Configs;
using OciImages.Layers;
using OciImages.Roots;

namespace OciImages.Catalog;

/// <summary>Looks at the images of a data root.</summary>
public sealed partial class ImageCatalog : IImageCatalog
{
    private static readonly SearchValues<char> HexCharacters = SearchValues.Create("0123456789abcdef");

    private readonly ImageRoot _root;
    private readonly ILogger _logger;

    /// <summary>Makes a catalog.</summary>
    /// <param name="root">Where images are kept.</param>
    /// <param name="logger">Gets what cannot be read; null for none.</param>
    public ImageCatalog(ImageRoot root, ILogger<ImageCatalog>? logger = null)
    {
        _root = root;
        _logger = logger ?? NullLogger<ImageCatalog>.Instance;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ImageSummary> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var sizes = await ChainSizes.ReadAsync(_root.Layers, cancellationToken).ConfigureAwait(false);
        foreach (var (summary, _) in await ListAsync(_root, sizes, cancellationToken).ConfigureAwait(false))
            yield return summary;
    }

    /// <summary>Lists images, newest first, with their topmost layers.</summary>
    internal static async ValueTask<IEnumerable<(ImageSummary Summary, ChainId TopLayer)>> ListAsync(
        ImageRoot root, ChainSizes sizes, CancellationToken cancellationToken)
    {
        var references = new Dictionary<ImageId, List<ImageReference>>();
        await foreach (var entry in root.References.ListAsync(null, cancellationToken).ConfigureAwait(false))
        {
            if (!references.TryGetValue(entry.ImageId, out var list))
                references[entry.ImageId] = list = [];
            list.Add(entry.Reference);
        }

        var images = new List<(ImageSummary Summary, ChainId TopLayer)>();
        await foreach (var image in root.Images.ListInfoAsync(cancellationToken).ConfigureAwait(false))
        {
            var named = references.GetValueOrDefault(image.Id) ?? [];
            var summary = new ImageSummary(image.Id, Tags(named), Digests(named), image.Created, sizes.Of(image.TopLayer), image.Labels);
            images.Add((summary, image.TopLayer));
        }
        return images.OrderByDescending(image => image.Summary.Created ?? DateTimeOffset.MinValue).ThenBy(image => image.Summary.Id.Value);
    }

    /// <inheritdoc/>
    public async ValueTask<ImageId?> FindIdAsync(string referenceOrId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(referenceOrId);
        string hex = referenceOrId.StartsWith("sha256:", StringComparison.Ordinal) ? referenceOrId["sha256:".Length..] : referenceOrId;
        // A full ID is nothing else; the beginning of one may be a name, and then is.
        bool isFull = IsHex(hex) && hex.Length == DigestAlgorithm.Sha256.HexLength;
        if (!isFull && ImageReference.TryParse(referenceOrId, out var reference)
            && await _root.References.FindAsync(reference.WithDefaultTag(), cancellationToken).ConfigureAwait(false) is { } named)
            return named;
        return IsHex(hex) ? await _root.Images.FindByPrefixAsync(hex, cancellationToken).ConfigureAwait(false) : null;
    }

    /// <inheritdoc/>
    public async ValueTask<Image?> FindAsync(string referenceOrId, CancellationToken cancellationToken = default)
    {
        if (await FindIdAsync(referenceOrId, cancellationToken).ConfigureAwait(false) is not { } id)
            return null;
        if (await _root.Images.FindAsync(id, cancellationToken).ConfigureAwait(false) is not { } config)
            return null;
        var references = new List<ImageReference>();
        await foreach (var entry in _root.References.ListAsync(id, cancellationToken).ConfigureAwait(false))
            references.Add(entry.Reference);
        return new Image(config) { RepoTags = Tags(references), RepoDigests = Digests(references) };
    }

    /// <inheritdoc/>
    public async ValueTask<ImageDetails> InspectAsync(string referenceOrId, CancellationToken cancellationToken = default)
    {
        var image = await GetAsync(referenceOrId, cancellationToken).ConfigureAwait(false);
        var layers = await ReadLayersAsync(image.Config, cancellationToken).ConfigureAwait(false);
        return new ImageDetails(image, layers, _root.Driver.Name)
        {
            DriverData = layers.Count == 0 ? null : await _root.Driver.GetMetadataAsync(layers[^1].CacheId, cancellationToken).ConfigureAwait(false),
            Parent = await _root.Images.GetParentAsync(image.Id, cancellationToken).ConfigureAwait(false),
            LastTagTime = await _root.Images.GetLastUpdatedAsync(image.Id, cancellationToken).ConfigureAwait(false),
        };
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ImageHistoryItem>> GetHistoryAsync(string referenceOrId, CancellationToken cancellationToken = default)
    {
        var image = await GetAsync(referenceOrId, cancellationToken).ConfigureAwait(false);
        var layers = await ReadLayersAsync(image.Config, cancellationToken).ConfigureAwait(false);
        var items = new List<ImageHistoryItem>();
        int layer = 0;
        foreach (var step in image.Config.History)
        {
            long size = step.EmptyLayer || layer >= layers.Count ? 0 : layers[layer++].Size;
            items.Add(new ImageHistoryItem(null, step.Created, step.CreatedBy ?? "", [], size, step.Comment ?? ""));
        }
        items.Reverse();
        // The newest step made this image; images of earlier steps are known only where they were built.
        if (items.Count > 0)
            items[0] = items[0] with { Id = image.Id, Tags = image.RepoTags };
        for (int i = 1; i < items.Count; i++)
        {
            if (await ParentAsync(items[i - 1].Id, cancellationToken).ConfigureAwait(false) is not { } parentImage)
                break;
            items[i] = items[i] with { Id = parentImage.Id, Tags = parentImage.RepoTags };
        }
        return items;
    }

    private async ValueTask<Image?> ParentAsync(ImageId? child, CancellationToken cancellationToken)
    {
        if (child is null || await _root.Images.GetParentAsync(child.Value, cancellationToken).ConfigureAwait(false) is not { } parent)
            return null;
        return await FindAsync(parent.ToString(), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<Image> GetAsync(string referenceOrId, CancellationToken cancellationToken) =>
        await FindAsync(referenceOrId, cancellationToken).ConfigureAwait(false)
        ?? throw new OciException(OciErrorKind.NotFound, $"No such image: {(ImageReference.TryParse(referenceOrId, out var reference) ? reference.WithDefaultTag().ToFamiliarString() : referenceOrId)}");

    private static bool IsHex(string text) => text.Length is > 0 and <= 64 && !text.AsSpan().ContainsAnyExcept(HexCharacters);

    private async ValueTask<ImageConfig?> ReadAsync(ImageId id, CancellationToken cancellationToken)
    {
        try
        {
            return await _root.Images.FindAsync(id, cancellationToken).ConfigureAwait(false);
        }
        catch (OciException e)
        {
            LogUnreadable(_logger, id, e.Message);
            return null;
        }
    }

    private async ValueTask<List<LayerInfo>> ReadLayersAsync(ImageConfig config, CancellationToken cancellationToken)
    {
        var layers = new List<LayerInfo>();
        LayerHandle? below = null;
        try
        {
            ChainId chain = default;
            foreach (var diffId in config.DiffIds)
            {
                chain = chain.Append(diffId);
                if (await _root.Layers.AcquireAsync(chain, cancellationToken).ConfigureAwait(false) is not { } handle)
                    break;
                layers.Add(handle.Layer);
                // Held until the next is there, which then need not be followed down to the base.
                if (below is not null)
                    await below.DisposeAsync().ConfigureAwait(false);
                below = handle;
            }
        }
        finally
        {
            if (below is not null)
                await below.DisposeAsync().ConfigureAwait(false);
        }
        return layers;
    }

    private static string[] Tags(List<ImageReference> references) =>
        [.. references.Where(reference => reference.Tag is not null).Select(reference => reference.ToFamiliarString())];

    private static string[] Digests(List<ImageReference> references) =>
        [.. references.Where(reference => reference.Digest is not null).Select(reference => reference.ToFamiliarString())];

    [LoggerMessage(1, LogLevel.Warning, "Image {ImageId} is left out: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, ImageId imageId, string reason);
}
