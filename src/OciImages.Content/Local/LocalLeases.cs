using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OciImages.Content.Internal;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>Leases: one JSON file each. The process that made a lease is the only one that changes it.</summary>
internal sealed class LocalLeases(LocalLayout layout, TimeProvider timeProvider, ILogger logger)
{
    internal async ValueTask<ContentLease> CreateAsync(ContentLeaseOptions options, CancellationToken cancellationToken)
    {
        string id = options.Id ?? RandomNumberGenerator.GetHexString(32, lowercase: true);
        Arguments.CheckLeaseId(id);
        Arguments.CheckDuration(options.Duration);
        foreach (var digest in options.Content)
            Arguments.CheckDigest(digest);
        await layout.EnsureAsync(cancellationToken).ConfigureAwait(false);
        using var hold = await layout.LeaseLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        await SweepAsync(cancellationToken).ConfigureAwait(false);
        if (File.Exists(layout.LeaseFile(id)))
            throw Failures.LeaseExists(id);
        var now = timeProvider.GetUtcNow();
        var record = new LeaseRecord(id, now, LeaseTime.End(now, options.Duration), [.. options.Content.Distinct()]);
        try
        {
            await WriteAsync(record, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException)
        {
            TryDelete(layout.LeaseFile(id)); // it may have its name already, only not for sure
            throw;
        }
        return new LocalContentLease(record, this, layout, timeProvider, logger);
    }

    internal async IAsyncEnumerable<ContentLeaseInfo> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (string path in Files())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var record = await ReadAsync(path, cancellationToken).ConfigureAwait(false);
            if (record is not null && record.ExpiresAt > timeProvider.GetUtcNow())
                yield return new ContentLeaseInfo(record.Id, record.CreatedAt, record.ExpiresAt, record.Content);
        }
    }

    /// <summary>Puts a lease on the disk; the caller holds the lock.</summary>
    internal ValueTask WriteAsync(LeaseRecord record, CancellationToken cancellationToken) => DurableFile.WriteAsync(
        layout.LeaseFile(record.Id),
        JsonSerializer.SerializeToUtf8Bytes(record, LocalJson.Default.LeaseRecord),
        LocalLayout.PrivateFile,
        cancellationToken);

    private async ValueTask<LeaseRecord?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var record = await SideFile.ReadAsync(path, LocalJson.Default.LeaseRecord, cancellationToken).ConfigureAwait(false);
            if (record is null || layout.LeaseFile(record.Id) == path)
                return record;
            throw SideFile.Corrupt(path, "it has the id of another lease");
        }
        catch (StorageException e) when (e.Kind == OciErrorKind.Corrupt)
        {
            logger.CorruptLease(e);
            return null;
        }
    }

    // What a process that died left, once it is over. A lease that nobody can read stays: deleting it would be a guess.
    private async ValueTask SweepAsync(CancellationToken cancellationToken)
    {
        foreach (string path in Files())
        {
            var record = await ReadAsync(path, cancellationToken).ConfigureAwait(false);
            if (record is null || record.ExpiresAt > timeProvider.GetUtcNow())
                continue;
            TryDelete(path);
        }
    }

    // A lease that cannot be deleted is over all the same.
    private void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.LeaseNotDeleted(e, path);
        }
    }

    private IEnumerable<string> Files() => Directory.Exists(layout.Leases)
        ? Directory.EnumerateFiles(layout.Leases, "*.json").Where(path => !Path.GetFileName(path).StartsWith('.'))
        : [];
}
