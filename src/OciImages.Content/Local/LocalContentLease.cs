using Microsoft.Extensions.Logging;
using OciImages.Content.Internal;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>A handle on a lease's file; with <paramref name="life"/>, the lock that says that its maker lives.</summary>
internal sealed class LocalContentLease(
    LeaseRecord record, FileLock? life, LocalLeases leases, LocalLayout layout, TimeProvider timeProvider, ILogger logger) : ContentLease
{
    private LeaseRecord _record = record;
    private bool _released;

    public override string Id => _record.Id;

    public override DateTimeOffset ExpiresAt => _record.ExpiresAt;

    public override ValueTask AddAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken = default)
    {
        foreach (var digest in digests)
            Arguments.CheckDigest(digest);
        return ChangeAsync(
            old => old.Content.Union(digests).ToList() is var all && all.Count == old.Content.Count ? old : old with { Content = all },
            cancellationToken);
    }

    public override ValueTask ExtendAsync(TimeSpan duration, CancellationToken cancellationToken = default)
    {
        Arguments.CheckDuration(duration);
        return ChangeAsync(old => old with { ExpiresAt = LeaseTime.End(timeProvider.GetUtcNow(), duration) }, cancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_released)
            return;
        try
        {
            using var hold = await layout.LeaseLock.AcquireAsync(CancellationToken.None).ConfigureAwait(false);
            if (_released)
                return;
            _released = true;
            // Once it is over the file may be another's with the same id.
            if (await CurrentAsync(CancellationToken.None).ConfigureAwait(false) is not null)
                leases.Delete(Id);
        }
        catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException)
        {
            logger.LeaseNotReleased(e, Id);
        }
        finally
        {
            life?.Dispose();
        }
    }

    private async ValueTask ChangeAsync(Func<LeaseRecord, LeaseRecord> change, CancellationToken cancellationToken)
    {
        using var hold = await layout.LeaseLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        ObjectDisposedException.ThrowIf(_released, typeof(ContentLease));
        // Another process may have changed it.
        var current = await CurrentAsync(cancellationToken).ConfigureAwait(false) ?? throw Failures.LeaseOver(Id);
        LeaseTime.ThrowIfOver(Id, current.ExpiresAt, timeProvider.GetUtcNow());
        var changed = change(current);
        if (!ReferenceEquals(changed, current))
            await leases.WriteAsync(changed, cancellationToken).ConfigureAwait(false);
        _record = changed;
    }

    private async ValueTask<LeaseRecord?> CurrentAsync(CancellationToken cancellationToken) =>
        await leases.ReadAsync(Id, cancellationToken).ConfigureAwait(false) is { } current && current.CreatedAt == _record.CreatedAt
            ? current
            : null;
}
