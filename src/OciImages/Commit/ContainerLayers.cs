using OciImages.Layers;
using OciImages.Roots;

namespace OciImages.Commit;

/// <summary>Gives hosts that run containers a writable layer on an image of a data root.</summary>
/// <param name="root">Where images are kept.</param>
/// <param name="catalog">Finds them.</param>
public sealed class ContainerLayers(ImageRoot root, IImageCatalog catalog) : IContainerLayers
{
    /// <inheritdoc/>
    public async ValueTask<WritableLayer> CreateLayerAsync(
        string name, string referenceOrId, WritableLayerOptions? options = null, CancellationToken cancellationToken = default)
    {
        var image = (await catalog.InspectAsync(referenceOrId, cancellationToken).ConfigureAwait(false)).Image;
        return await root.WritableLayers.CreateAsync(name, image.Top.IsEmpty ? null : image.Top, options, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<WritableLayer?> FindLayerAsync(string name, CancellationToken cancellationToken = default) =>
        root.WritableLayers.FindAsync(name, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LayerInfo>?> ReleaseLayerAsync(string name, CancellationToken cancellationToken = default) =>
        root.WritableLayers.RemoveAsync(name, cancellationToken);
}
