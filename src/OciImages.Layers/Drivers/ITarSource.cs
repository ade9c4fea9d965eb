namespace OciImages.Layers.Drivers;

/// <summary>
/// An ability that a storage driver may have: it keeps the tars themselves. The layer store then neither records nor rebuilds them.
/// </summary>
public interface ITarSource
{
    /// <summary>Opens the uncompressed tar of a layer, byte for byte as it was staged, up to the end of the stream.</summary>
    /// <param name="id">The layer.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The tar, which the caller disposes.</returns>
    /// <exception cref="OciException">There is no such layer (<see cref="OciErrorKind.NotFound"/>).</exception>
    ValueTask<Stream> OpenTarAsync(string id, CancellationToken cancellationToken = default);
}
