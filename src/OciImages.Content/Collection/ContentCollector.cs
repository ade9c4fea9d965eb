namespace OciImages.Content.Collection;

/// <summary>Deletes content that nothing needs, beside running pulls and pushes of any process.</summary>
/// <remarks>
/// <para>
/// Needed is what the graph reaches from its roots, what a lease lists, and what is younger than the grace period. A lease holds what
/// it lists and nothing below it. Ingests in flight are no content yet and stay.
/// </para>
/// <para>
/// The order makes it safe: content is listed first, then the leases are read, then the roots. Whoever adds content and refers to it
/// (1) adds each digest to a lease before looking whether the content is there, (2) records the root durably, (3) releases the lease.
/// What was leased when the leases were read is kept by the lease; what was released by then is found from the roots; what is leased
/// later is seen when it is about to be deleted, in one step with changes of leases
/// (<see cref="IContentStore.DeleteUnleasedAsync"/>); what comes later is not on the list.
/// </para>
/// <para>
/// Content that a root names and that is missing is no error. Content whose references cannot be read is: nothing is deleted then, nor
/// while a lease cannot be read. Cancelling, or the end of the process, at any time leaves a valid store.
/// </para>
/// </remarks>
/// <threadsafety>Safe to share; several collections may run at once, in several processes.</threadsafety>
public sealed class ContentCollector
{
    private readonly IContentStore _store;
    private readonly IContentGraph _graph;
    private readonly TimeProvider _timeProvider;

    /// <summary>Makes a collector.</summary>
    /// <param name="store">The store.</param>
    /// <param name="graph">What is needed in it.</param>
    /// <param name="timeProvider">The clock for ages, the store's own; null for the system's.</param>
    public ContentCollector(IContentStore store, IContentGraph graph, TimeProvider? timeProvider = null)
    {
        _store = store;
        _graph = graph;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Collects once.</summary>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels; what is deleted by then stays deleted.</param>
    /// <returns>What went.</returns>
    /// <exception cref="OciException">Something in the graph, or a lease, cannot be read: nothing was deleted; or the store fails.</exception>
    public async Task<ContentCollectionResult> CollectAsync(
        ContentCollectionOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ContentCollectionOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.GracePeriod, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.BatchSize, 10_000, nameof(options));
        var now = _timeProvider.GetUtcNow();
        var unneeded = new HashSet<Digest>();
        await foreach (var digest in _store.ListDigestsAsync(cancellationToken).ConfigureAwait(false))
            unneeded.Add(digest);
        int found = unneeded.Count;
        await foreach (var lease in _store.ListLeasesAsync(cancellationToken).ConfigureAwait(false))
            unneeded.ExceptWith(lease.Content);
        await MarkAsync(unneeded, found, options, cancellationToken).ConfigureAwait(false);
        var content = await SweepAsync(unneeded, found, Before(now, options.GracePeriod), options, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<IngestStatus> ingests = options.IngestAge is { } age
            ? await _store.SweepIngestsAsync(Before(now, age), options.DryRun, cancellationToken).ConfigureAwait(false)
            : [];
        return new ContentCollectionResult(content, ingests, found);
    }

    private async Task MarkAsync(
        HashSet<Digest> unneeded, int found, ContentCollectionOptions options, CancellationToken cancellationToken)
    {
        // Content may be named under two media types, a lying one too: what it refers to under either is needed. Content that refers
        // to nothing is not remembered: what hostile manifests name, and the store has not, takes no memory.
        var expanded = new HashSet<(Digest, string)>();
        var pending = new Stack<Descriptor>();
        int reported = found;
        await foreach (var root in _graph.ListRootsAsync(cancellationToken).ConfigureAwait(false))
        {
            pending.Push(root);
            while (pending.TryPop(out var content))
            {
                unneeded.Remove(content.Digest);
                if (expanded.Contains((content.Digest, content.MediaType)))
                    continue;
                cancellationToken.ThrowIfCancellationRequested();
                var references = await ReferencesAsync(content, cancellationToken).ConfigureAwait(false);
                if (references.Count > 0)
                    expanded.Add((content.Digest, content.MediaType));
                foreach (var reference in references)
                    pending.Push(reference);
                if (reported - unneeded.Count >= options.BatchSize)
                    options.Progress?.Report(new ContentCollectionProgress(found, found - (reported = unneeded.Count), 0, 0));
            }
        }
    }

    private async ValueTask<IReadOnlyList<Descriptor>> ReferencesAsync(Descriptor content, CancellationToken cancellationToken)
    {
        try
        {
            return await _graph.ListReferencesAsync(content, cancellationToken).ConfigureAwait(false);
        }
        catch (OciException e)
        {
            throw new OciException(
                e.Kind, $"Nothing is collected, because it is unknown what {content.Digest} refers to: {e.Message}", e);
        }
    }

    private async Task<List<ContentInfo>> SweepAsync(
        HashSet<Digest> unneeded, int found, DateTimeOffset committedBefore, ContentCollectionOptions options, CancellationToken cancellationToken)
    {
        var deleted = new List<ContentInfo>();
        int done = 0;
        long bytes = 0;
        // Once at least: leases that are over go with it.
        foreach (var batch in unneeded.Chunk(options.BatchSize).DefaultIfEmpty([]))
        {
            var gone = await _store.DeleteUnleasedAsync(batch, committedBefore, options.DryRun, cancellationToken).ConfigureAwait(false);
            deleted.AddRange(gone);
            done += batch.Length;
            bytes += gone.Sum(info => info.Size);
            options.Progress?.Report(new ContentCollectionProgress(found, found - unneeded.Count, done, bytes));
        }
        return deleted;
    }

    private static DateTimeOffset Before(DateTimeOffset now, TimeSpan age) =>
        age < now - DateTimeOffset.MinValue ? now - age : DateTimeOffset.MinValue;
}
