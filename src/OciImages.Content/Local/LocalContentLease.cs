using Microsoft.Extensions.Logging;
using OciImages.Content.Internal;

namespace OciImages.Content.Local;

internal sealed class LocalContentLease(
    LeaseRecord record, LocalLeases leases, LocalLayout layout, TimeProvider timeProvider, ILogger logger) : ContentLease
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
            if (_record.ExpiresAt > timeProvider.GetUtcNow())
                File.Delete(layout.LeaseFile(Id));
        }
        catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException)
        {
            logger.LeaseNotReleased(e, Id);
        }
    }

    private async ValueTask ChangeAsync(Func<LeaseRecord, LeaseRecord> change, CancellationToken cancellationToken)
    {
        using var hold = await layout.LeaseLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        ObjectDisposedException.ThrowIf(_released, typeof(ContentLease));
        LeaseTime.ThrowIfOver(Id, ExpiresAt, timeProvider.GetUtcNow());
        var changed = change(_record);
        if (ReferenceEquals(changed, _record))
            return;
        await leases.WriteAsync(changed, cancellationToken).ConfigureAwait(false);
        _record = changed;
    }
}
