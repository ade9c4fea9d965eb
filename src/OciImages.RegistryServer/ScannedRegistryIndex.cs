using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using OciImages.Content;
using OciImages.RegistryServer.Internal;

namespace OciImages.RegistryServer;

/// <summary>
/// A read-only index over content that something else manages: a derived class tells names, and all else is read from the manifests
/// that they name. Nothing is copied.
/// </summary>
/// <remarks>
/// <para>
/// Names are listed when they are first asked for, and again whenever <see cref="ReadStateAsync"/> gives another state. A repository's
/// manifests are read when it is first asked for, from each entry down through indexes to the blobs. What is damaged or missing is left
/// out, and the rest is served: of an index that was pulled for one platform, the index and that platform.
/// </para>
/// <para>Blobs that are gone from the content store are answered 404.</para>
/// </remarks>
/// <threadsafety>Safe to share, when the derived class is.</threadsafety>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for holds nothing to dispose.")]
public abstract class ScannedRegistryIndex : IRegistryIndexReader
{
    private static readonly MemoryRegistryIndex Nothing = new();

    private readonly RegistryScan _scan;
    private readonly SemaphoreSlim _loading = new(1, 1);
    private volatile Snapshot? _snapshot;

    /// <summary>Makes an index; nothing is read before the first call.</summary>
    /// <param name="content">Where manifests and blobs are.</param>
    protected ScannedRegistryIndex(IContentReader content)
    {
        ArgumentNullException.ThrowIfNull(content);
        Content = content;
        _scan = new RegistryScan(content);
    }

    /// <summary>Where manifests and blobs are.</summary>
    protected IContentReader Content { get; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListRepositoriesAsync(
        string? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var snapshot = await LoadAsync(cancellationToken).ConfigureAwait(false);
        foreach (string name in snapshot.Entries.Keys.Where(name => after is null || string.CompareOrdinal(name, after) > 0).Order(StringComparer.Ordinal))
        {
            if (await HasRepositoryAsync(name, cancellationToken).ConfigureAwait(false))
                yield return name;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> HasRepositoryAsync(string repository, CancellationToken cancellationToken = default) =>
        await (await LoadAsync(repository, cancellationToken).ConfigureAwait(false)).HasRepositoryAsync(repository, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ListTagsAsync(string repository, string? after = null, CancellationToken cancellationToken = default) =>
        EachAsync(repository, index => index.ListTagsAsync(repository, after, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<Digest?> FindTagAsync(string repository, string tag, CancellationToken cancellationToken = default) =>
        await (await LoadAsync(repository, cancellationToken).ConfigureAwait(false)).FindTagAsync(repository, tag, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<RegistryManifest?> FindManifestAsync(string repository, Digest digest, CancellationToken cancellationToken = default) =>
        await (await LoadAsync(repository, cancellationToken).ConfigureAwait(false)).FindManifestAsync(repository, digest, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public IAsyncEnumerable<Digest> ListManifestsAsync(string repository, CancellationToken cancellationToken = default) =>
        EachAsync(repository, index => index.ListManifestsAsync(repository, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<bool> HasBlobAsync(string repository, Digest digest, CancellationToken cancellationToken = default) =>
        await (await LoadAsync(repository, cancellationToken).ConfigureAwait(false)).HasBlobAsync(repository, digest, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public IAsyncEnumerable<RegistryBlob> ListBlobsAsync(string repository, CancellationToken cancellationToken = default) =>
        EachAsync(repository, index => index.ListBlobsAsync(repository, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<string?> FindRepositoryOfAsync(Digest digest, CancellationToken cancellationToken = default)
    {
        var snapshot = await LoadAsync(cancellationToken).ConfigureAwait(false);
        foreach (string name in snapshot.Entries.Keys)
        {
            var index = await LoadAsync(name, cancellationToken).ConfigureAwait(false);
            if (await index.FindRepositoryOfAsync(digest, cancellationToken).ConfigureAwait(false) is not null)
                return name;
        }
        return null;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Descriptor> ListReferrersAsync(
        string repository, Digest subject, Digest? after = null, CancellationToken cancellationToken = default) =>
        EachAsync(repository, index => index.ListReferrersAsync(repository, subject, after, cancellationToken), cancellationToken);

    /// <summary>Tells what state the names are in, cheaply: it is asked for each request.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A value that is equal to the last one exactly when nothing has changed since.</returns>
    /// <exception cref="OciException">Names cannot be read.</exception>
    protected abstract ValueTask<object> ReadStateAsync(CancellationToken cancellationToken);

    /// <summary>Lists what there is.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The entries; a later one takes a tag from an earlier one.</returns>
    /// <exception cref="OciException">Names cannot be read.</exception>
    protected abstract IAsyncEnumerable<RegistryEntry> ListEntriesAsync(CancellationToken cancellationToken);

    private async IAsyncEnumerable<T> EachAsync<T>(
        string repository, Func<MemoryRegistryIndex, IAsyncEnumerable<T>> list, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in list(await LoadAsync(repository, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false))
            yield return item;
    }

    private async ValueTask<Snapshot> LoadAsync(CancellationToken cancellationToken)
    {
        object state = await ReadStateAsync(cancellationToken).ConfigureAwait(false);
        if (_snapshot is { } current && current.State.Equals(state))
            return current;
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // The state comes before the names: a change in between is seen by the next request.
            state = await ReadStateAsync(cancellationToken).ConfigureAwait(false);
            if (_snapshot is { } loaded && loaded.State.Equals(state))
                return loaded;
            var entries = await ListEntriesAsync(cancellationToken)
                .GroupBy(entry => entry.Repository, StringComparer.Ordinal)
                .ToDictionaryAsync(group => group.Key, group => group.ToArray(), StringComparer.Ordinal, cancellationToken).ConfigureAwait(false);
            return _snapshot = new Snapshot(state, entries);
        }
        finally
        {
            _loading.Release();
        }
    }

    private async ValueTask<MemoryRegistryIndex> LoadAsync(string repository, CancellationToken cancellationToken)
    {
        var snapshot = await LoadAsync(cancellationToken).ConfigureAwait(false);
        if (!snapshot.Entries.TryGetValue(RegistryNames.CheckRepository(repository), out var entries))
            return Nothing;
        if (snapshot.Scanned.TryGetValue(repository, out var known))
            return known;
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (snapshot.Scanned.TryGetValue(repository, out known))
                return known;
            return snapshot.Scanned[repository] = await _scan.RunAsync(entries, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _loading.Release();
        }
    }

    private sealed record Snapshot(object State, Dictionary<string, RegistryEntry[]> Entries)
    {
        internal ConcurrentDictionary<string, MemoryRegistryIndex> Scanned { get; } = new(StringComparer.Ordinal);
    }
}
