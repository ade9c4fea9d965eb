using System.Runtime.CompilerServices;
using OciImages.Content.Collection;
using OciImages.Images;
using OciImages.References;
using OciImages.Roots;

namespace OciImages.Removal.Internal;

/// <summary>What images need of the content store: their configs, and the manifests and indexes that they came by with all that these name.</summary>
/// <param name="root">Where images are kept.</param>
/// <param name="without">Images that count as gone.</param>
internal sealed class ImageContentGraph(ImageRoot root, IReadOnlySet<ImageId> without) : IContentGraph
{
    private static readonly HashSet<ImageId> Nothing = [];

    public async IAsyncEnumerable<Descriptor> ListRootsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var needed in ListAsync(root.References, root.Images, root.Origins, without, cancellationToken).ConfigureAwait(false))
            yield return needed;
        // The content is that of all storage drivers that the root was ever used with.
        foreach (var (references, images, origins) in root.OpenRecordsOfOtherDrivers())
        {
            await foreach (var needed in ListAsync(references, images, origins, Nothing, cancellationToken).ConfigureAwait(false))
                yield return needed;
        }
    }

    public ValueTask<IReadOnlyList<Descriptor>> ListReferencesAsync(Descriptor content, CancellationToken cancellationToken = default) =>
        ManifestReferences.ReadAsync(root.Content, content, cancellationToken);

    private static async IAsyncEnumerable<Descriptor> ListAsync(
        IReferenceStore references, IImageStore images, IImageOriginStore origins, IReadOnlySet<ImageId> without,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A manifest of an image that has no record, as images pulled before there were records have none, is found by its digest reference.
        await foreach (var entry in references.ListAsync(null, cancellationToken).ConfigureAwait(false))
        {
            if (entry.Reference.Digest is { } digest && !without.Contains(entry.ImageId))
                yield return new Descriptor("", digest, 0);
        }
        var listed = new HashSet<ImageId>();
        await foreach (var image in images.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!without.Contains(image) && listed.Add(image))
                yield return new Descriptor(MediaTypes.OciConfig, image.Value, 0);
        }
        await foreach (var image in origins.ListImagesAsync(cancellationToken).ConfigureAwait(false))
        {
            if (without.Contains(image) || !(listed.Contains(image) || await IsDamagedAsync(images, image, cancellationToken).ConfigureAwait(false)))
                continue;
            yield return new Descriptor(MediaTypes.OciConfig, image.Value, 0);
            foreach (var origin in await origins.ReadAsync(image, cancellationToken).ConfigureAwait(false))
            {
                yield return origin.Manifest;
                foreach (var index in origin.Indexes)
                    yield return index;
            }
        }
    }

    // An image with a damaged config is not listed: its content is what it can be mended with.
    private static async ValueTask<bool> IsDamagedAsync(IImageStore images, ImageId image, CancellationToken cancellationToken)
    {
        try
        {
            return await images.FindAsync(image, cancellationToken).ConfigureAwait(false) is not null;
        }
        catch (OciException)
        {
            return true;
        }
    }
}
