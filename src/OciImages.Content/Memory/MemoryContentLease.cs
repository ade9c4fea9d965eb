using OciImages.Content.Internal;

namespace OciImages.Content.Memory;

internal sealed class MemoryContentLease(MemoryContentStore store, ContentLeaseInfo info, TimeProvider timeProvider) : ContentLease
{
    private readonly Lock _lock = new();
    private bool _released;

    internal ContentLeaseInfo Info { get; private set; } = info;

    public override string Id => Info.Id;

    public override DateTimeOffset ExpiresAt => Info.ExpiresAt;

    public override ValueTask AddAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken = default)
    {
        foreach (var digest in digests)
            Arguments.CheckDigest(digest);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ThrowIfEnded();
            Info = Info with { Content = [.. Info.Content.Union(digests)] };
        }
        return ValueTask.CompletedTask;
    }

    public override ValueTask ExtendAsync(TimeSpan duration, CancellationToken cancellationToken = default)
    {
        Arguments.CheckDuration(duration);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ThrowIfEnded();
            Info = Info with { ExpiresAt = LeaseTime.End(timeProvider.GetUtcNow(), duration) };
        }
        return ValueTask.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        _released = true;
        store.Release(this);
        return ValueTask.CompletedTask;
    }

    private void ThrowIfEnded()
    {
        ObjectDisposedException.ThrowIf(_released, typeof(ContentLease));
        LeaseTime.ThrowIfOver(Id, ExpiresAt, timeProvider.GetUtcNow());
    }
}
