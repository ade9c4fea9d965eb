using OciImages.Configs;

namespace OciImages.Images;

/// <summary>Image configs by their ID, with the little that Docker keeps beside each.</summary>
public interface IImageStore
{
    /// <summary>Stores a config. Nothing happens when it is there already.</summary>
    /// <param name="config">The exact bytes; at most <see cref="ImageConfig.MaxSize"/>.</param>
    /// <param name="cancellationToken">Cancels before the change.</param>
    /// <returns>The image's ID, once the config is durable.</returns>
    /// <exception cref="OciException">The bytes are no image config (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    /// <exception cref="StorageException">The disk refuses.</exception>
    ValueTask<ImageId> PutAsync(ReadOnlyMemory<byte> config, CancellationToken cancellationToken = default);

    /// <summary>Reads a config and verifies it.</summary>
    /// <param name="id">The image.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The config, or null when there is no such image.</returns>
    /// <exception cref="OciException">
    /// What is stored does not hash to the ID, or is no image config (<see cref="OciErrorKind.Corrupt"/>).
    /// </exception>
    ValueTask<ImageConfig?> FindAsync(ImageId id, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lists the images whose configs are whole as far as that shows without reading them all again; others are left out and told to the log.
    /// </summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The images, in no particular order.</returns>
    IAsyncEnumerable<ImageId> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Lists the same images with what listings need of them.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The images, in no particular order.</returns>
    IAsyncEnumerable<ImageInfo> ListInfoAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Whether a layer must stay because an image stands on it, whichever process put it there. Yes, too, while there is an image that cannot
    /// be read and of which it is not known on what it stands: nothing is deleted on a guess.
    /// </summary>
    /// <param name="layer">The layer; images that stand on a child of it do not count.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether it must stay.</returns>
    ValueTask<bool> IsTopLayerAsync(ChainId layer, CancellationToken cancellationToken = default);

    /// <summary>Lists the images that stand on a layer, also those that cannot be read any more.</summary>
    /// <param name="topLayer">The topmost layer of the images, not one below.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The images, in no particular order.</returns>
    IAsyncEnumerable<ImageId> ListByTopLayerAsync(ChainId topLayer, CancellationToken cancellationToken = default);

    /// <summary>Finds the image whose ID begins with some characters.</summary>
    /// <param name="hexPrefix">1 to 64 lower-case hexadecimal characters, without <c>sha256:</c>; nothing begins with anything else.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The image, or null when there is none.</returns>
    /// <exception cref="OciException">Several begin so (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    ValueTask<ImageId?> FindByPrefixAsync(string hexPrefix, CancellationToken cancellationToken = default);

    /// <summary>The image that an image was built on, as a local build notes it.</summary>
    /// <param name="id">The image.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The parent, or null when none is noted.</returns>
    ValueTask<ImageId?> GetParentAsync(ImageId id, CancellationToken cancellationToken = default);

    /// <summary>Notes the image that an image was built on.</summary>
    /// <param name="id">The image.</param>
    /// <param name="parent">The parent, or null for none.</param>
    /// <param name="cancellationToken">Cancels before the change.</param>
    /// <returns>A task that ends when the change is durable.</returns>
    /// <exception cref="OciException">
    /// One of them is not in the store (<see cref="OciErrorKind.NotFound"/>), or the image would be its own ancestor
    /// (<see cref="OciErrorKind.InvalidInput"/>).
    /// </exception>
    ValueTask SetParentAsync(ImageId id, ImageId? parent, CancellationToken cancellationToken = default);

    /// <summary>Lists the images whose parent is an image.</summary>
    /// <param name="parent">The parent.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The children, in no particular order.</returns>
    IAsyncEnumerable<ImageId> ListChildrenAsync(ImageId parent, CancellationToken cancellationToken = default);

    /// <summary>When the image was tagged last.</summary>
    /// <param name="id">The image.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The time to 100 ns, or null when none is noted, as after a pull.</returns>
    ValueTask<DateTimeOffset?> GetLastUpdatedAsync(ImageId id, CancellationToken cancellationToken = default);

    /// <summary>Notes when the image was tagged last.</summary>
    /// <param name="id">The image.</param>
    /// <param name="time">The time.</param>
    /// <param name="cancellationToken">Cancels before the change.</param>
    /// <returns>A task that ends when the change is durable.</returns>
    /// <exception cref="OciException">The image is not in the store (<see cref="OciErrorKind.NotFound"/>).</exception>
    ValueTask SetLastUpdatedAsync(ImageId id, DateTimeOffset time, CancellationToken cancellationToken = default);

    /// <summary>Deletes a config, readable or not, and what is noted of it; its children have no parent afterwards.</summary>
    /// <param name="id">The image.</param>
    /// <param name="cancellationToken">Cancels before the change.</param>
    /// <returns>Whether it was there; when true, the change is durable, so that its layers may go.</returns>
    ValueTask<bool> DeleteAsync(ImageId id, CancellationToken cancellationToken = default);
}
