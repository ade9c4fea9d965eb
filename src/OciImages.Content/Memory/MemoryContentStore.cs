using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using OciImages.Content.Internal;

namespace OciImages.Content.Memory;

/// <summary>A content store in memory, for tests and for tools that keep nothing. Each piece of content is at most 2 GiB.</summary>
/// <threadsafety>Safe to share.</threadsafety>
public sealed class MemoryContentStore : IContentStore
{
    private readonly TimeProvider _timeProvider;
    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, MemoryContent> _content = [];
    private readonly Dictionary<string, MemoryIngest> _ingests = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ContentLeaseInfo> _leases = new(StringComparer.Ordinal);

    /// <summary>Makes an empty store.</summary>
    /// <param name="timeProvider">The clock for times of commits, ingests and leases; null for the system's.</param>
    public MemoryContentStore(TimeProvider? timeProvider = null) => _timeProvider = timeProvider ?? TimeProvider.System;

    /// <inheritdoc/>
    public ValueTask<ContentInfo?> FindAsync(Digest digest, CancellationToken cancellationToken = default)
    {
        Arguments.CheckDigest(digest);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
            return ValueTask.FromResult(_content.GetValueOrDefault(digest)?.Info);
    }

    /// <inheritdoc/>
    public ValueTask<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken = default)
    {
        Arguments.CheckDigest(digest);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
            return ValueTask.FromResult(_content.TryGetValue(digest, out var content) ? content.OpenRead() : throw Failures.NotFound(digest));
    }

    /// <inheritdoc/>
    public ValueTask<ContentWriter> OpenWriterAsync(string ingestId, CancellationToken cancellationToken = default)
    {
        Arguments.CheckIngestId(ingestId);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (!_ingests.TryGetValue(ingestId, out var ingest))
                _ingests.Add(ingestId, ingest = new MemoryIngest(ingestId, _timeProvider.GetUtcNow()));
            else if (ingest.IsOpen)
                throw Failures.Open(ingestId);
            ingest.IsOpen = true;
            return ValueTask.FromResult<ContentWriter>(new MemoryContentWriter(this, ingest, _timeProvider));
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<IngestStatus> ListIngestsAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return EnumerateAsync(_ingests.Values.Select(ingest => ingest.Status).ToArray(), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask AbortAsync(string ingestId, CancellationToken cancellationToken = default)
    {
        Arguments.CheckIngestId(ingestId);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (_ingests.TryGetValue(ingestId, out var ingest) && ingest.IsOpen)
                throw Failures.Open(ingestId);
            _ingests.Remove(ingestId);
        }
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<ContentInfo> UpdateLabelsAsync(
        Digest digest, IReadOnlyDictionary<string, string?> labels, CancellationToken cancellationToken = default)
    {
        Arguments.CheckDigest(digest);
        ArgumentNullException.ThrowIfNull(labels);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (!_content.TryGetValue(digest, out var content))
                throw Failures.NotFound(digest);
            var changed = new Dictionary<string, string>(content.Info.Labels);
            foreach (var (key, value) in labels)
            {
                if (value is null)
                    changed.Remove(key);
                else
                    changed[key] = value;
            }
            var info = content.Info with { Labels = changed.AsReadOnly() };
            _content[digest] = content with { Info = info };
            return ValueTask.FromResult(info);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(Digest digest, CancellationToken cancellationToken = default)
    {
        Arguments.CheckDigest(digest);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
            return ValueTask.FromResult(_content.Remove(digest));
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ContentInfo> ListAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return EnumerateAsync(_content.Values.Select(content => content.Info).ToArray(), cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ContentInfo> ListAsync(ContentFilter filter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        lock (_lock)
            return EnumerateAsync(_content.Values.Select(content => content.Info).Where(filter.Matches).ToArray(), cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Digest> ListDigestsAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return EnumerateAsync(_content.Keys.ToArray(), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ContentInfo>> DeleteUnleasedAsync(
        IReadOnlyCollection<Digest> digests, DateTimeOffset committedBefore, bool dryRun = false, CancellationToken cancellationToken = default)
    {
        foreach (var digest in digests)
            Arguments.CheckDigest(digest);
        cancellationToken.ThrowIfCancellationRequested();
        var now = _timeProvider.GetUtcNow();
        lock (_lock)
        {
            var leased = _leases.Values.Where(lease => lease.ExpiresAt > now).SelectMany(lease => lease.Content).ToHashSet();
            var gone = new List<ContentInfo>();
            foreach (var digest in digests)
            {
                if (leased.Contains(digest) || !_content.TryGetValue(digest, out var content) || content.Info.CreatedAt >= committedBefore)
                    continue;
                if (!dryRun)
                    _content.Remove(digest);
                gone.Add(new ContentInfo(digest, content.Info.Size, content.Info.CreatedAt));
            }
            return ValueTask.FromResult<IReadOnlyList<ContentInfo>>(gone);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<IngestStatus>> SweepIngestsAsync(
        DateTimeOffset updatedBefore, bool dryRun = false, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            var stale = _ingests.Values.Select(ingest => ingest.Status).Where(status => !status.IsOpen && status.UpdatedAt < updatedBefore).ToList();
            if (!dryRun)
                stale.ForEach(status => _ingests.Remove(status.IngestId));
            return ValueTask.FromResult<IReadOnlyList<IngestStatus>>(stale);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ContentLease> CreateLeaseAsync(ContentLeaseOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ContentLeaseOptions();
        string id = options.Id ?? RandomNumberGenerator.GetHexString(32, lowercase: true);
        Arguments.CheckLeaseId(id);
        Arguments.CheckDuration(options.Duration);
        foreach (var digest in options.Content)
            Arguments.CheckDigest(digest);
        cancellationToken.ThrowIfCancellationRequested();
        var now = _timeProvider.GetUtcNow();
        var info = new ContentLeaseInfo(id, now, LeaseTime.End(now, options.Duration), [.. options.Content.Distinct()]);
        lock (_lock)
        {
            if (_leases.TryGetValue(id, out var existing) && existing.ExpiresAt > now)
                throw Failures.LeaseExists(id);
            _leases[id] = info;
            return ValueTask.FromResult<ContentLease>(new MemoryContentLease(this, info, _timeProvider));
        }
    }

    /// <inheritdoc/>
    public ValueTask<ContentLease?> FindLeaseAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(id);
        Arguments.CheckLeaseId(id);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return ValueTask.FromResult<ContentLease?>(
                _leases.TryGetValue(id, out var info) && info.ExpiresAt > _timeProvider.GetUtcNow()
                    ? new MemoryContentLease(this, info, _timeProvider)
                    : null);
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ContentLeaseInfo> ListLeasesAsync(CancellationToken cancellationToken = default)
    {
        var now = _timeProvider.GetUtcNow();
        lock (_lock)
            return EnumerateAsync(_leases.Values.Where(info => info.ExpiresAt > now).ToArray(), cancellationToken);
    }

    internal ContentInfo Commit(MemoryIngest ingest, Digest digest)
    {
        lock (_lock)
        {
            _ingests.Remove(ingest.Id);
            if (!_content.TryGetValue(digest, out var content))
            {
                var info = new ContentInfo(digest, ingest.Length, _timeProvider.GetUtcNow())
                {
                    Labels = ReadOnlyDictionary<string, string>.Empty,
                };
                _content.Add(digest, content = new MemoryContent(info, ingest.Written));
            }
            return content.Info;
        }
    }

    internal void Drop(MemoryIngest ingest)
    {
        lock (_lock)
            _ingests.Remove(ingest.Id);
    }

    internal void Close(MemoryIngest ingest)
    {
        lock (_lock)
            ingest.IsOpen = false;
    }

    internal ContentLeaseInfo Change(ContentLeaseInfo lease, Func<ContentLeaseInfo, ContentLeaseInfo> change)
    {
        lock (_lock)
        {
            if (!IsHeld(lease, out var current))
                throw Failures.LeaseOver(lease.Id);
            LeaseTime.ThrowIfOver(lease.Id, current.ExpiresAt, _timeProvider.GetUtcNow());
            return _leases[lease.Id] = change(current);
        }
    }

    internal void Release(ContentLeaseInfo lease)
    {
        lock (_lock)
        {
            if (IsHeld(lease, out _))
                _leases.Remove(lease.Id);
        }
    }

    // One of the same id may have been made since it was over.
    private bool IsHeld(ContentLeaseInfo lease, [NotNullWhen(true)] out ContentLeaseInfo? current) =>
        _leases.TryGetValue(lease.Id, out current) && current.CreatedAt == lease.CreatedAt;

    private static async IAsyncEnumerable<T> EnumerateAsync<T>(
        T[] items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var item in items)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return item;
        }
        await ValueTask.CompletedTask.ConfigureAwait(false);
    }
}
