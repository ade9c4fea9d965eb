using OciImages.Content.Internal;

namespace OciImages.Content.Memory;

/// <summary>A handle on a lease that the store has.</summary>
internal sealed class MemoryContentLease(MemoryContentStore store, ContentLeaseInfo info, TimeProvider timeProvider) : ContentLease
{
    private ContentLeaseInfo _info = info;
    private bool _released;

    public override string Id => _info.Id;

    public override DateTimeOffset ExpiresAt => _info.ExpiresAt;

    public override ValueTask AddAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken = default)
    {
        foreach (var digest in digests)
            Arguments.CheckDigest(digest);
        return ChangeAsync(old => old with { Content = [.. old.Content.Union(digests)] }, cancellationToken);
    }

    public override ValueTask ExtendAsync(TimeSpan duration, CancellationToken cancellationToken = default)
    {
        Arguments.CheckDuration(duration);
        return ChangeAsync(old => old with { ExpiresAt = LeaseTime.End(timeProvider.GetUtcNow(), duration) }, cancellationToken);
    }

    public override ValueTask DisposeAsync()
    {
        _released = true;
        store.Release(_info);
        return ValueTask.CompletedTask;
    }

    private ValueTask ChangeAsync(Func<ContentLeaseInfo, ContentLeaseInfo> change, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_released, typeof(ContentLease));
        _info = store.Change(_info, change);
        return ValueTask.CompletedTask;
    }
}
