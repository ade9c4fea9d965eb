namespace OciImages.Layers;

/// <summary>
/// The writable layers of containers and builds: each a name, an empty layer of the driver, and the read-only layer it stands on.
/// </summary>
/// <remarks>
/// A writable layer is on the disk from its creation until its removal, whatever becomes of the process, and protects what it stands on
/// for so long. The records are Docker's: the layers of dockerd's containers are here too.
/// </remarks>
public interface IWritableLayerStore
{
    /// <summary>Makes a writable layer.</summary>
    /// <param name="name">
    /// A name that is not taken: 1 to 128 letters, digits, <c>_</c>, <c>.</c> and <c>-</c>, the first a letter or digit. Docker takes a container's id.
    /// </param>
    /// <param name="parent">The read-only layer to stand on; null for an empty tree.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the call; nothing stays.</param>
    /// <returns>The layer.</returns>
    /// <exception cref="OciException">
    /// The name is taken (<see cref="OciErrorKind.AlreadyExists"/>) or not a good one (<see cref="OciErrorKind.InvalidInput"/>), there is no
    /// such parent (<see cref="OciErrorKind.NotFound"/>), or the driver has no writable layers (<see cref="OciErrorKind.Unsupported"/>).
    /// </exception>
    /// <exception cref="StorageException">The disk refuses.</exception>
    ValueTask<WritableLayer> CreateAsync(
        string name, ChainId? parent, WritableLayerOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Finds a writable layer, whoever made it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The layer, or null when there is none of that name.</returns>
    /// <exception cref="StorageException">Its record is damaged (<see cref="OciErrorKind.Corrupt"/>) or cannot be read.</exception>
    ValueTask<WritableLayer?> FindAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Lists writable layers, dockerd's included; those with a damaged record are left out, with a warning.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The layers, in no particular order.</returns>
    IAsyncEnumerable<WritableLayer> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Removes a writable layer with all that was written to it, and then, as Docker does, the layers that only it referred to.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels before anything is removed.</param>
    /// <returns>The read-only layers that vanished, topmost first; null when there is no writable layer of that name.</returns>
    /// <exception cref="OciException">It is mounted by a process that lives (<see cref="OciErrorKind.Conflict"/>); nothing is removed then.</exception>
    ValueTask<IReadOnlyList<LayerInfo>?> RemoveAsync(string name, CancellationToken cancellationToken = default);
}
