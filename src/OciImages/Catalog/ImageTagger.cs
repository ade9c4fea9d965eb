using OciImages.Catalog.Internal;
using OciImages.Events;
using OciImages.Roots;

namespace OciImages.Catalog;

/// <summary>Names the images of a data root.</summary>
/// <param name="root">Where images are kept.</param>
/// <param name="catalog">Finds them.</param>
/// <param name="events">Is told of tags.</param>
public sealed class ImageTagger(ImageRoot root, IImageCatalog catalog, ImageEvents events) : IImageTagger
{
    /// <inheritdoc/>
    public async Task TagAsync(string referenceOrId, ImageReference tag, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tag);
        if (tag.Digest is not null)
            throw new OciException(OciErrorKind.InvalidInput, "refusing to create a tag with a digest reference");
        tag = tag.WithDefaultTag();
        // Nobody removes the image between the look and the tag.
        using var held = await root.LockAsync(cancellationToken).ConfigureAwait(false);
        var image = await catalog.FindIdAsync(referenceOrId, cancellationToken).ConfigureAwait(false)
            ?? throw FamiliarNames.NoSuchImage(referenceOrId);
        await root.References.SetAsync(tag, image, cancellationToken: cancellationToken).ConfigureAwait(false);
        await root.LayoutTags.SetAsync(tag, image, cancellationToken).ConfigureAwait(false);
        await root.Images.SetLastUpdatedAsync(image, root.TimeProvider.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        events.Publish(new ImageEvent(ImageEventType.Tag, image, tag.ToFamiliarString(), root.TimeProvider.GetUtcNow()));
    }
}
