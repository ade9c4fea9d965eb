using OciImages.Layers;

namespace OciImages;

/// <summary>Gives hosts that run containers a writable layer on an image for each.</summary>
public interface IContainerLayers
{
    /// <summary>Makes a writable layer on an image. It protects the image's layers until it is released, across processes.</summary>
    /// <param name="name">A name that is not taken, such as the container's ID; see <see cref="IWritableLayerStore.CreateAsync"/>.</param>
    /// <param name="referenceOrId">A reference, or an ID or its beginning.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the call; nothing stays.</param>
    /// <returns>The layer.</returns>
    /// <exception cref="OciException">
    /// There is no such image (<see cref="OciErrorKind.NotFound"/>), the name is taken (<see cref="OciErrorKind.AlreadyExists"/>) or not a good
    /// one (<see cref="OciErrorKind.InvalidInput"/>), or the driver has no writable layers (<see cref="OciErrorKind.Unsupported"/>).
    /// </exception>
    ValueTask<WritableLayer> CreateLayerAsync(
        string name, string referenceOrId, WritableLayerOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Finds a writable layer.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The layer, or null when there is none of that name.</returns>
    ValueTask<WritableLayer?> FindLayerAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Removes a writable layer with all that was written to it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels before anything is removed.</param>
    /// <returns>The read-only layers that went with it, because nothing else needed them; null when there is no writable layer of that name.</returns>
    /// <exception cref="OciException">It is mounted (<see cref="OciErrorKind.Conflict"/>).</exception>
    ValueTask<IReadOnlyList<LayerInfo>?> ReleaseLayerAsync(string name, CancellationToken cancellationToken = default);
}
