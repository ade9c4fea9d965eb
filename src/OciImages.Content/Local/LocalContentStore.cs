using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Content.Internal;

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
        _labels = new LocalLabels(layout, logger);
        _blobs = new LocalBlobs(layout, _labels);
        _ingests = new LocalIngests(layout, _blobs, options.TimeProvider, logger);
        _leases = new LocalLeases(layout, options.TimeProvider, logger);
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
        return ValueTask.FromResult(_blobs.OpenRead(digest));
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
    public IAsyncEnumerable<ContentInfo> ListAsync(CancellationToken cancellationToken = default) => _blobs.ListAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ContentLease> CreateLeaseAsync(ContentLeaseOptions? options = null, CancellationToken cancellationToken = default) =>
        _leases.CreateAsync(options ?? new ContentLeaseOptions(), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ContentLeaseInfo> ListLeasesAsync(CancellationToken cancellationToken = default) =>
        _leases.ListAsync(cancellationToken);
}
