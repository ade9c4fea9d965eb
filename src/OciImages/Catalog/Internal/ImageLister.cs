using System.Runtime.CompilerServices;
using OciImages.Filters;
using OciImages.Images;
using OciImages.Roots;

namespace OciImages.Catalog.Internal;

/// <summary>Lists images; moby, <c>daemon/images/images.go</c>.</summary>
internal sealed class ImageLister(ImageRoot root, IImageCatalog catalog, IImageUsage? usage, ListOptions options)
{
    internal async IAsyncEnumerable<ImageSummary> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var patterns = options.References.Select(ReferencePattern.Parse).ToList();
        var before = await TimesAsync(options.Before, cancellationToken).ConfigureAwait(false);
        var since = await TimesAsync(options.Since, cancellationToken).ConfigureAwait(false);
        if (options.Until is { } until)
            before.Add(until);
        var references = await ReferencesAsync(cancellationToken).ConfigureAwait(false);
        var images = new List<ImageInfo>();
        await foreach (var image in root.Images.ListInfoAsync(cancellationToken).ConfigureAwait(false))
            images.Add(image);
        var parents = images.Where(image => image.Parent is not null).Select(image => image.Parent!.Value).ToHashSet();

        var listed = new List<(ImageInfo Image, List<ImageReference> Names)>();
        foreach (var image in images)
        {
            var names = references.GetValueOrDefault(image.Id) ?? [];
            if (patterns.Count > 0)
                names = names.FindAll(name => patterns.Exists(pattern => pattern.IsMatch(name)));
            if (IsMade(image, before, since) && HasLabels(image) && IsShown(names, parents.Contains(image.Id)))
                listed.Add((image, names));
        }
        var sizes = await ChainSizes.ReadAsync(root.Layers, cancellationToken).ConfigureAwait(false);
        var shared = options.SharedSize ? sizes.SharedOf(listed.Select(entry => entry.Image.TopLayer)) : null;
        foreach (var (image, names) in listed.OrderByDescending(entry => Created(entry.Image)).ThenBy(entry => entry.Image.Id.Value))
        {
            yield return new ImageSummary(
                image.Id, FamiliarNames.Tags(names), FamiliarNames.Digests(names), image.Created, sizes.Of(image.TopLayer), image.Labels)
            {
                TopLayer = image.TopLayer,
                Parent = image.Parent,
                SharedSize = shared?[image.TopLayer],
                Containers = options.CountContainers ? await CountAsync(image.Id, cancellationToken).ConfigureAwait(false) : null,
            };
        }
    }

    private static DateTimeOffset Created(ImageInfo image) => image.Created ?? DateTimeOffset.MinValue;

    private bool IsShown(List<ImageReference> names, bool isParent)
    {
        if (names.Count == 0)
            return (options.All || !isParent) && !(options.Dangling == true && isParent) && options.Dangling != false && options.References.Count == 0;
        return options.Dangling != true || (!isParent && names.TrueForAll(name => name.Tag is null));
    }

    private static bool IsMade(ImageInfo image, List<DateTimeOffset> before, List<DateTimeOffset> since) =>
        before.TrueForAll(time => Created(image) < time) && since.TrueForAll(time => Created(image) > time);

    private bool HasLabels(ImageInfo image) =>
        options.Labels.All(label => FilterText.HasLabel(image.Labels, label))
        && !options.WithoutLabels.Any(label => FilterText.HasLabel(image.Labels, label));

    private async Task<Dictionary<ImageId, List<ImageReference>>> ReferencesAsync(CancellationToken cancellationToken)
    {
        var references = new Dictionary<ImageId, List<ImageReference>>();
        await foreach (var entry in root.References.ListAsync(null, cancellationToken).ConfigureAwait(false))
        {
            if (!references.TryGetValue(entry.ImageId, out var list))
                references[entry.ImageId] = list = [];
            list.Add(entry.Reference);
        }
        return references;
    }

    private async Task<List<DateTimeOffset>> TimesAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var times = new List<DateTimeOffset>();
        foreach (string name in names)
        {
            var image = await catalog.FindAsync(name, cancellationToken).ConfigureAwait(false) ?? throw FamiliarNames.NoSuchImage(name);
            times.Add(image.Config.Created ?? DateTimeOffset.MinValue);
        }
        return times;
    }

    private async ValueTask<int> CountAsync(ImageId image, CancellationToken cancellationToken) =>
        usage is null ? 0 : (await usage.ListUsersAsync(image, cancellationToken).ConfigureAwait(false)).Count;
}
