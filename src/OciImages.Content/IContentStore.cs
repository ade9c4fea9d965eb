namespace OciImages.Content;

/// <summary>
/// A store of immutable content, each piece named by its digest.
/// </summary>
/// <remarks>
/// <para>
/// Content comes in by an <em>ingest</em>: open a writer with an id of the caller's choice, write, commit. Until the commit nobody
/// but that writer sees the data; after it the content is verified, durable and complete. A writer that is disposed without commit
/// leaves its data for a later writer with the same id, which continues at <see cref="ContentWriter.Offset"/>, also in another
/// process. An id can be open once at a time.
/// </para>
/// <code>
/// await using var writer = await store.OpenWriterAsync($"layer-{descriptor.Digest}");
/// await using (var source = await blobs.OpenReadAsync(descriptor, writer.Offset))
///     await source.CopyToAsync(writer.Output);
/// await writer.CommitAsync(descriptor.Size, descriptor.Digest);
/// </code>
/// <para>
/// Content that no root needs may be collected at any time. A caller that writes content before anything refers to it holds a
/// <see cref="ContentLease"/> meanwhile.
/// </para>
/// </remarks>
public interface IContentStore : IContentReader
{
    /// <summary>Opens an ingest, new or left by an earlier writer.</summary>
    /// <param name="ingestId">The caller's name for the ingest; 1 to 256 characters, any that are well-formed Unicode.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The writer; the caller disposes it.</returns>
    /// <exception cref="OciException">A writer with the id is open (<see cref="OciErrorKind.Unavailable"/>).</exception>
    /// <exception cref="StorageException">The disk refuses.</exception>
    ValueTask<ContentWriter> OpenWriterAsync(string ingestId, CancellationToken cancellationToken = default);

    /// <summary>Lists ingests, open or left by earlier writers.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The ingests, in no particular order.</returns>
    IAsyncEnumerable<IngestStatus> ListIngestsAsync(CancellationToken cancellationToken = default);

    /// <summary>Throws an ingest's data away. Does nothing when there is none with the id.</summary>
    /// <param name="ingestId">The ingest's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task.</returns>
    /// <exception cref="OciException">A writer with the id is open (<see cref="OciErrorKind.Unavailable"/>).</exception>
    ValueTask AbortAsync(string ingestId, CancellationToken cancellationToken = default);

    /// <summary>Sets and removes labels of committed content.</summary>
    /// <param name="digest">The content.</param>
    /// <param name="labels">Labels to set; a null value removes the label. Others stay.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The content's information afterwards.</returns>
    /// <exception cref="OciException">The content is not here (<see cref="OciErrorKind.NotFound"/>).</exception>
    ValueTask<ContentInfo> UpdateLabelsAsync(
        Digest digest, IReadOnlyDictionary<string, string?> labels, CancellationToken cancellationToken = default);

    /// <summary>Deletes content, whoever needs it. Open readers keep reading.</summary>
    /// <param name="digest">The content.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether it was there.</returns>
    ValueTask<bool> DeleteAsync(Digest digest, CancellationToken cancellationToken = default);

    /// <summary>Lists committed content.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The content, in no particular order; changes made meanwhile may or may not show.</returns>
    IAsyncEnumerable<ContentInfo> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Makes a lease: content added to it is not collected until it is released or expires.</summary>
    /// <param name="options">Identity and expiry; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The lease; disposing it releases it.</returns>
    /// <exception cref="OciException">A lease with the id exists (<see cref="OciErrorKind.AlreadyExists"/>).</exception>
    ValueTask<ContentLease> CreateLeaseAsync(ContentLeaseOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Lists leases that have not expired, of every process.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The leases, in no particular order.</returns>
    IAsyncEnumerable<ContentLeaseInfo> ListLeasesAsync(CancellationToken cancellationToken = default);
}
