using OciImages.Archives.Internal;
using OciImages.Events;
using OciImages.Roots;

namespace OciImages.Archives;

/// <summary>Saves and loads the images of a data root.</summary>
/// <param name="root">Where images are kept.</param>
/// <param name="catalog">Finds them.</param>
/// <param name="events">Is told of what is saved and loaded.</param>
public sealed class ImageArchiver(ImageRoot root, IImageCatalog catalog, ImageEvents events) : IImageArchiver
{
    /// <inheritdoc/>
    public Task SaveAsync(
        IReadOnlyList<string> names, Stream destination, SaveOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(destination);
        return new ImageSaver(root, catalog, events, options ?? new SaveOptions()).SaveAsync(names, destination, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<LoadedImage>> LoadAsync(
        Stream archive, LoadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(archive);
        return new ImageLoader(root, events, options ?? new LoadOptions()).LoadAsync(archive, cancellationToken);
    }
}
