namespace OciImages.Layers;

/// <summary>A reference to a committed layer: while it is held, the layer and all below it stay.</summary>
/// <remarks>Disposing releases it, as <see cref="ReleaseAsync"/> does; a second release does nothing.</remarks>
public abstract class LayerHandle : IAsyncDisposable
{
    /// <summary>The layer.</summary>
    public abstract LayerInfo Layer { get; }

    /// <summary>The size in bytes of the tar that <see cref="OpenTarAsync"/> opens, without opening it.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The size.</returns>
    /// <exception cref="OciException">What is stored of the layer is damaged (<see cref="OciErrorKind.Corrupt"/>).</exception>
    public abstract ValueTask<long> GetTarSizeAsync(CancellationToken cancellationToken = default);

    /// <summary>Opens the layer's uncompressed tar, byte for byte as it was registered.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>
    /// A forward-only stream, which the caller disposes. Reading to the end verifies it against the DiffID and throws an
    /// <see cref="OciException"/> (<see cref="OciErrorKind.Corrupt"/>) when files of the store were changed.
    /// </returns>
    public abstract ValueTask<Stream> OpenTarAsync(CancellationToken cancellationToken = default);

    /// <summary>Mounts the merged tree of the layer and all below it, read-only.</summary>
    /// <param name="options">Where and how; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The mount; disposing it unmounts.</returns>
    /// <exception cref="OciException">The driver has no mountable tree (<see cref="OciErrorKind.Unsupported"/>).</exception>
    public abstract ValueTask<Mount> MountAsync(MountOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lets the layer go <em>and deletes it</em> when nothing else refers to it, then its parents likewise. Disposing only lets go.
    /// </summary>
    /// <param name="cancellationToken">Cancels before a layer is removed.</param>
    /// <returns>The layers that vanished, topmost first; empty when something else refers to this one.</returns>
    public abstract ValueTask<IReadOnlyList<LayerInfo>> ReleaseAsync(CancellationToken cancellationToken = default);

    /// <summary>Lets the layer go without deleting anything.</summary>
    /// <returns>A task.</returns>
    public abstract ValueTask DisposeAsync();
}
