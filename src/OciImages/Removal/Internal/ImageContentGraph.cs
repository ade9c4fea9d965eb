using System.Runtime.CompilerServices;
using OciImages.Content.Collection;
using OciImages.Roots;

namespace OciImages.Removal.Internal;

/// <summary>What images need of the content store: their configs, and the manifests and indexes that they came by with all that these name.</summary>
/// <param name="root">Where images are kept.</param>
/// <param name="without">Images that count as gone.</param>
internal sealed class ImageContentGraph(ImageRoot root, IReadOnlySet<ImageId> without) : IContentGraph
{
    public async IAsyncEnumerable<Descriptor> ListRootsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // A manifest of an image that has no record, as images pulled before there were records have none, is found by its digest reference.
        await foreach (var entry in root.References.ListAsync(null, cancellationToken).ConfigureAwait(false))
        {
            if (entry.Reference.Digest is { } digest && !without.Contains(entry.ImageId))
                yield return new Descriptor("", digest, 0);
        }
        await foreach (var image in root.Images.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (without.Contains(image))
                continue;
            yield return new Descriptor(MediaTypes.OciConfig, image.Value, 0);
            foreach (var origin in await root.Origins.ReadAsync(image, cancellationToken).ConfigureAwait(false))
            {
                yield return origin.Manifest;
                foreach (var index in origin.Indexes)
                    yield return index;
            }
        }
    }

    public ValueTask<IReadOnlyList<Descriptor>> ListReferencesAsync(Descriptor content, CancellationToken cancellationToken = default) =>
        ManifestReferences.ReadAsync(root.Content, content, cancellationToken);
}
