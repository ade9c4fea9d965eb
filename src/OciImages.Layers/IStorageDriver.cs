namespace OciImages.Layers;

/// <summary>
/// Keeps the file trees of layers. A host can plug in its own; the contract suite in OciImages.Testing tells whether it behaves.
/// </summary>
/// <remarks>
/// <para>
/// The layer store gives every layer a random id of 64 hexadecimal characters and does the bookkeeping (DiffID, ChainID, references,
/// tar-split): a driver only keeps trees. A layer is staged first, without knowing its parent, then committed on top of it:
/// </para>
/// <code>
/// long size = await driver.StageAsync(id, tar);     // several at a time, any order
/// await driver.CommitAsync(id, parentId);           // parent first; durable when it returns
/// await using var mount = await driver.MountAsync(id);
/// await driver.RemoveAsync(id);                     // children first
/// </code>
/// <para>
/// Tars are hostile: whatever names, links and types they hold, nothing outside the layer's own directory may be read, made or
/// changed. A driver that fails in the middle of a call leaves a layer that <see cref="RemoveAsync"/> removes.
/// </para>
/// </remarks>
public interface IStorageDriver : IAsyncDisposable
{
    /// <summary>The name, which is also part of paths in the data root; letters, digits and dashes.</summary>
    string Name { get; }

    /// <summary>Unpacks one layer's changes.</summary>
    /// <param name="id">The id of a layer that does not exist yet.</param>
    /// <param name="tar">The uncompressed tar. A driver may stop at the tar's end marker; the caller reads the rest.</param>
    /// <param name="cancellationToken">Cancels the work; the caller then removes the layer.</param>
    /// <returns>The size in bytes of the files of the layer.</returns>
    /// <exception cref="OciException">The tar is malformed, leads out of the layer, or holds what the driver cannot keep.</exception>
    ValueTask<long> StageAsync(string id, Stream tar, CancellationToken cancellationToken = default);

    /// <summary>Puts a staged layer on top of its parent and makes it durable.</summary>
    /// <param name="id">A staged layer.</param>
    /// <param name="parentId">A committed layer, or null for a base layer.</param>
    /// <param name="cancellationToken">Cancels the work; the caller then removes the layer.</param>
    /// <returns>A task that ends when the layer's files are on the disk.</returns>
    ValueTask CommitAsync(string id, string? parentId, CancellationToken cancellationToken = default);

    /// <summary>Makes an empty layer that can be written.</summary>
    /// <param name="id">The id of a layer that does not exist yet; those of init layers have <c>-init</c> behind.</param>
    /// <param name="parentId">A committed layer, or an init layer, which is not written any more then; null for an empty tree.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task.</returns>
    ValueTask CreateWritableAsync(string id, string? parentId, CancellationToken cancellationToken = default);

    /// <summary>Makes the merged tree of a committed or writable layer reachable. A writable one may be mounted several times at once.</summary>
    /// <param name="id">The layer.</param>
    /// <param name="options">Where and how; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The mount.</returns>
    /// <exception cref="OciException">
    /// There is no such layer (<see cref="OciErrorKind.NotFound"/>), or the driver has no trees (<see cref="OciErrorKind.Unsupported"/>).
    /// </exception>
    ValueTask<Mount> MountAsync(string id, MountOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Opens the content of a regular file of one layer's own changes, to rebuild its tar.</summary>
    /// <param name="id">The layer.</param>
    /// <param name="name">The bytes of the name as the tar had it, after PAX and GNU long names.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The file, which the caller disposes.</returns>
    /// <exception cref="OciException">There is no such file (<see cref="OciErrorKind.NotFound"/>).</exception>
    ValueTask<Stream> OpenFileAsync(string id, ReadOnlyMemory<byte> name, CancellationToken cancellationToken = default);

    /// <summary>Whether a layer exists, in whatever state.</summary>
    /// <param name="id">The layer.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether it exists.</returns>
    ValueTask<bool> ExistsAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Details of a layer for people and for inspect's <c>GraphDriver.Data</c>.</summary>
    /// <param name="id">The layer.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Names and values; null when the driver has none to tell.</returns>
    ValueTask<IReadOnlyDictionary<string, string>?> GetMetadataAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Removes a layer, in whatever state. Does nothing when there is none.</summary>
    /// <param name="id">The layer.</param>
    /// <param name="cancellationToken">Cancels between files; a later call removes the rest.</param>
    /// <returns>A task.</returns>
    /// <exception cref="OciException">Somebody has a writable mount of it (<see cref="OciErrorKind.Conflict"/>); it is as before then.</exception>
    ValueTask RemoveAsync(string id, CancellationToken cancellationToken = default);
}
