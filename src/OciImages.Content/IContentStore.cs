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

    /// <summary>Lists committed content that passes a filter, reading no more of each than the filter needs.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The content, in no particular order; changes made meanwhile may or may not show.</returns>
    IAsyncEnumerable<ContentInfo> ListAsync(ContentFilter filter, CancellationToken cancellationToken = default);

    /// <summary>Lists the digests of committed content, without looking at each.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The digests, in no particular order; changes made meanwhile may or may not show.</returns>
    IAsyncEnumerable<Digest> ListDigestsAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes content that no lease holds and that is old enough, in one step with changes of leases: what a lease holds before it is
    /// kept, and whoever leases it afterwards finds it gone. What is left of leases that are over goes too.
    /// </summary>
    /// <remarks>For <see cref="Collection.ContentCollector"/>, which knows what else is needed. Changes of leases wait meanwhile: not for more than a few thousand at a time.</remarks>
    /// <param name="digests">The content; what is not there is passed over.</param>
    /// <param name="committedBefore">Content committed at this time or later is kept.</param>
    /// <param name="dryRun">Whether only to say what would go, which works in a store that may only be read.</param>
    /// <param name="cancellationToken">Cancels; what is deleted by then stays deleted.</param>
    /// <returns>What went, without labels.</returns>
    /// <exception cref="StorageException">A lease cannot be read (<see cref="OciErrorKind.Corrupt"/>): nothing is deleted; or the disk refuses.</exception>
    ValueTask<IReadOnlyList<ContentInfo>> DeleteUnleasedAsync(
        IReadOnlyCollection<Digest> digests, DateTimeOffset committedBefore, bool dryRun = false, CancellationToken cancellationToken = default);

    /// <summary>Throws away the data of ingests that nobody continues. One that a writer has open, in any process, stays.</summary>
    /// <param name="updatedBefore">Ingests written at this time or later stay.</param>
    /// <param name="dryRun">Whether only to say what would go.</param>
    /// <param name="cancellationToken">Cancels; what is gone by then stays gone.</param>
    /// <returns>What went.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    ValueTask<IReadOnlyList<IngestStatus>> SweepIngestsAsync(
        DateTimeOffset updatedBefore, bool dryRun = false, CancellationToken cancellationToken = default);

    /// <summary>Makes a lease: content added to it is not collected until it is released or expires.</summary>
    /// <param name="options">Identity and expiry; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The lease; disposing it releases it.</returns>
    /// <exception cref="OciException">A lease with the id exists (<see cref="OciErrorKind.AlreadyExists"/>).</exception>
    ValueTask<ContentLease> CreateLeaseAsync(ContentLeaseOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Finds a lease by its id, made in this process or another.</summary>
    /// <param name="id">The id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>
    /// The lease, or null when there is none or it is over. Disposing it releases it, whoever made it; whoever wants it to last does not
    /// dispose it, which leaks nothing.
    /// </returns>
    /// <exception cref="StorageException">It cannot be read (<see cref="OciErrorKind.Corrupt"/>).</exception>
    ValueTask<ContentLease?> FindLeaseAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Lists leases that are not over, of every process.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The leases, in no particular order.</returns>
    /// <exception cref="StorageException">
    /// A lease cannot be read (<see cref="OciErrorKind.Corrupt"/>), thrown after all others were given: what it holds is unknown, so
    /// whoever lists leases to see what may go must not go on.
    /// </exception>
    IAsyncEnumerable<ContentLeaseInfo> ListLeasesAsync(CancellationToken cancellationToken = default);
}
