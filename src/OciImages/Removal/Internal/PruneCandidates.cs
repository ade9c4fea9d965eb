using OciImages.Filters;
using OciImages.Images;
using OciImages.Roots;

namespace OciImages.Removal.Internal;

/// <summary>The images that a prune looks at; moby, <c>daemon/images/image_prune.go</c>.</summary>
internal sealed class PruneCandidates(ImageRoot root, PruneOptions options)
{
    /// <summary>Lists them, the newest first, so that what was built on others goes before these.</summary>
    public async Task<IReadOnlyList<ImageId>> ListAsync(CancellationToken cancellationToken)
    {
        var images = new List<ImageInfo>();
        await foreach (var image in root.Images.ListInfoAsync(cancellationToken).ConfigureAwait(false))
            images.Add(image);
        var named = new HashSet<ImageId>();
        await foreach (var entry in root.References.ListAsync(null, cancellationToken).ConfigureAwait(false))
            named.Add(entry.ImageId);
        var parents = images.Where(image => image.Parent is not null).Select(image => image.Parent!.Value).ToHashSet();
        return
        [
            .. images.Where(image => (!parents.Contains(image.Id) || (options.All && named.Contains(image.Id))) && Matches(image))
                .OrderByDescending(image => image.Created ?? DateTimeOffset.MinValue).ThenBy(image => image.Id.Value)
                .Select(image => image.Id),
        ];
    }

    private bool Matches(ImageInfo image) =>
        (options.Until is not { } until || (image.Created ?? DateTimeOffset.MinValue) <= until)
        && HasAll(image, options.Labels)
        && (options.WithoutLabels.Count == 0 || !HasAll(image, options.WithoutLabels));

    private static bool HasAll(ImageInfo image, IReadOnlyList<string> labels) => labels.All(label => FilterText.HasLabel(image.Labels, label));
}
