using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Content.Internal;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>A content store in a directory, which several processes may use at once.</summary>
/// <remarks>
/// <para>
/// The directory is an OCI image layout (OCI image specification, "Image Layout"): content is <c>blobs/&lt;algorithm&gt;/&lt;hex&gt;</c>,
/// read-only. Beside it, for this store alone: <c>ingest/</c> (a folder for each ingest), <c>labels/</c> and <c>leases/</c>. It is made
/// at the first write; a store that is only read may be read-only. Files with other names are left alone and not listed.
/// </para>
/// <para>
/// Content is verified, on the disk and complete before it has its name, and its name is on the disk before the commit returns. The
/// SHA-256 runs while writing; a resumed ingest is hashed once when it is opened, and a commit under another algorithm's digest reads
/// the data once more. After a power cut the length of an ingest is what the file has, and the digest decides at commit.
/// </para>
/// <para>
/// When the disk fails to take the data for good (<c>fsync</c>), what it holds is unknown: unlike after other failures the data is
/// then thrown away, so that a retry writes it anew.
/// </para>
/// </remarks>
/// <threadsafety>Safe to share.</threadsafety>
public sealed class LocalContentStore : IContentStore
{
    private readonly LocalLayout _layout;
    private readonly LocalIndex _index;
    private readonly TimeProvider _timeProvider;
    private readonly LocalLabels _labels;
    private readonly LocalBlobs _blobs;
    private readonly LocalIngests _ingests;
    private readonly LocalLeases _leases;

    /// <summary>Makes a store; the disk is not touched before the first call.</summary>
    /// <param name="root">The directory.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <param name="logger">Where damage that does not stop it is told; null for nowhere.</param>
    public LocalContentStore(string root, LocalContentStoreOptions? options = null, ILogger<LocalContentStore>? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        options ??= new LocalContentStoreOptions();
        logger ??= NullLogger<LocalContentStore>.Instance;
        var layout = new LocalLayout(root, options);
        Root = layout.Root;
        _layout = layout;
        _timeProvider = options.TimeProvider;
        _leases = new LocalLeases(layout, options.TimeProvider, logger);
        _labels = new LocalLabels(layout, _leases, logger);
        _blobs = new LocalBlobs(layout, _leases, _labels);
        _ingests = new LocalIngests(layout, _leases, _blobs, options.TimeProvider, logger);
        _index = new LocalIndex(layout, _leases);
    }

    /// <summary>The full path of the directory.</summary>
    public string Root { get; }

    /// <inheritdoc/>
    public ValueTask<ContentInfo?> FindAsync(Digest digest, CancellationToken cancellationToken = default)
    {
        Arguments.CheckDigest(digest);
        return _blobs.FindAsync(digest, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken = default)
    {
        Arguments.CheckDigest(digest);
        cancellationToken.ThrowIfCancellationRequested();
        return _blobs.OpenReadAsync(digest, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<ContentWriter> OpenWriterAsync(string ingestId, CancellationToken cancellationToken = default) =>
        _ingests.OpenAsync(ingestId, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<IngestStatus> ListIngestsAsync(CancellationToken cancellationToken = default) =>
        _ingests.ListAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask AbortAsync(string ingestId, CancellationToken cancellationToken = default) =>
        _ingests.AbortAsync(ingestId, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<ContentInfo> UpdateLabelsAsync(
        Digest digest, IReadOnlyDictionary<string, string?> labels, CancellationToken cancellationToken = default)
    {
        Arguments.CheckDigest(digest);
        ArgumentNullException.ThrowIfNull(labels);
        await _labels.UpdateAsync(digest, labels, cancellationToken).ConfigureAwait(false);
        return await _blobs.FindAsync(digest, cancellationToken).ConfigureAwait(false) ?? throw Failures.NotFound(digest);
    }

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(Digest digest, CancellationToken cancellationToken = default)
    {
        Arguments.CheckDigest(digest);
        return _blobs.DeleteAsync(digest, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ContentInfo> ListAsync(CancellationToken cancellationToken = default) =>
        _blobs.ListAsync(null, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ContentInfo> ListAsync(ContentFilter filter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return _blobs.ListAsync(filter, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Digest> ListDigestsAsync(CancellationToken cancellationToken = default) =>
        _blobs.ListDigestsAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ContentInfo>> DeleteUnleasedAsync(
        IReadOnlyCollection<Digest> digests, DateTimeOffset committedBefore, bool dryRun = false, CancellationToken cancellationToken = default)
    {
        foreach (var digest in digests)
            Arguments.CheckDigest(digest);
        return _blobs.DeleteUnleasedAsync(digests, committedBefore, dryRun, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<IngestStatus>> SweepIngestsAsync(
        DateTimeOffset updatedBefore, bool dryRun = false, CancellationToken cancellationToken = default) =>
        _ingests.SweepAsync(updatedBefore, dryRun, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ContentLease> CreateLeaseAsync(ContentLeaseOptions? options = null, CancellationToken cancellationToken = default) =>
        _leases.CreateAsync(options ?? new ContentLeaseOptions(), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<ContentLease?> FindLeaseAsync(string id, CancellationToken cancellationToken = default)
    {
        await _layout.CheckAsync(cancellationToken).ConfigureAwait(false);
        return await _leases.FindAsync(id, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ContentLeaseInfo> ListLeasesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await _layout.CheckAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var lease in _leases.ListAsync(cancellationToken).ConfigureAwait(false))
            yield return new ContentLeaseInfo(lease.Id, lease.CreatedAt, lease.ExpiresAt, lease.Content);
    }

    /// <summary>Reads what <c>index.json</c> lists: the tagged manifests of the image layout.</summary>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The entries; a tag is the annotation <c>org.opencontainers.image.ref.name</c>. Empty when there is no file.</returns>
    /// <exception cref="StorageException">The file cannot be read (<see cref="OciErrorKind.Corrupt"/> when it is not an index).</exception>
    public ValueTask<IReadOnlyList<Descriptor>> ReadIndexAsync(CancellationToken cancellationToken = default) =>
        _index.ReadAsync(cancellationToken);

    /// <summary>
    /// Changes what <c>index.json</c> lists, atomically, so that <c>oci:ROOT:TAG</c> names it for other tools that read image layouts.
    /// </summary>
    /// <param name="change">
    /// Gets the entries that are there and gives those to be there; nothing is written for the same list. It runs while changes by other
    /// processes wait, so that entries made from current data there are never older than those they replace.
    /// </param>
    /// <param name="cancellationToken">Cancels before the change.</param>
    /// <returns>A task that ends when the index is durable.</returns>
    /// <exception cref="StorageException">The file cannot be read or written.</exception>
    public ValueTask UpdateIndexAsync(
        Func<IReadOnlyList<Descriptor>, CancellationToken, ValueTask<IReadOnlyList<Descriptor>>> change,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        return _index.UpdateAsync(change, cancellationToken);
    }

    /// <summary>Checks the store, beside running work of any process, and repairs it where it is told to.</summary>
    /// <remarks>
    /// Repair deletes temporary files and labels of content that is not there, and moves what is damaged to <c>quarantine/</c>: no
    /// content is ever deleted. Files that nobody knows are told and left.
    /// </remarks>
    /// <param name="options">How deep, and whether to repair; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    /// <returns>What was found, while it goes on.</returns>
    /// <exception cref="StorageException">
    /// The directory is no store or one of a newer version; or the disk refuses.
    /// </exception>
    public async IAsyncEnumerable<StoreFinding> CheckAsync(
        LocalCheckOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            await _layout.CheckAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException e) when (e.Kind == OciErrorKind.Corrupt)
        {
            // The file oci-layout is damaged: that is a finding.
        }
        await foreach (var finding in new LocalCheck(_layout, _leases, _blobs, _ingests, options ?? new LocalCheckOptions(), _timeProvider)
            .RunAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return finding;
        }
    }
}
