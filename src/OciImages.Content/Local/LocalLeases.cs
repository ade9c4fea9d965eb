using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OciImages.Content.Internal;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>
/// Leases: one JSON file each. One that ends with its process has a lock file beside it, made before and removed after, which the
/// process holds: the kernel lets go of it however the process ends.
/// </summary>
internal sealed class LocalLeases(LocalLayout layout, TimeProvider timeProvider, ILogger logger)
{
    /// <summary>Makes the store ready for writing; at the first time what killed processes left is swept.</summary>
    internal ValueTask EnsureAsync(CancellationToken cancellationToken) => layout.EnsureAsync(SweepAsync, cancellationToken);

    internal async ValueTask<ContentLease> CreateAsync(ContentLeaseOptions options, CancellationToken cancellationToken)
    {
        string id = options.Id ?? RandomNumberGenerator.GetHexString(32, lowercase: true);
        Arguments.CheckLeaseId(id);
        Arguments.CheckDuration(options.Duration);
        foreach (var digest in options.Content)
            Arguments.CheckDigest(digest);
        await EnsureAsync(cancellationToken).ConfigureAwait(false);
        using var hold = await layout.LeaseLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        await RemoveOverAsync(id, cancellationToken).ConfigureAwait(false);
        // Somebody who looks whether it is held holds it himself for a moment.
        var life = options.EndsWithProcess
            ? await FileLock.AcquireAsync(layout.LeaseLifeFile(id), TimeSpan.FromSeconds(5), null, cancellationToken).ConfigureAwait(false)
            : null;
        try
        {
            var now = timeProvider.GetUtcNow();
            var record = new LeaseRecord(
                id, now, LeaseTime.End(now, options.Duration), [.. options.Content.Distinct()], options.EndsWithProcess);
            await WriteAsync(record, cancellationToken).ConfigureAwait(false);
            return new LocalContentLease(record, life, this, layout, timeProvider, logger);
        }
        catch
        {
            TryDelete(id); // it may have its name already, only not for sure
            life?.Dispose();
            throw;
        }
    }

    internal async ValueTask<ContentLease?> FindAsync(string id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        Arguments.CheckLeaseId(id);
        return await ReadAsync(id, cancellationToken).ConfigureAwait(false) is { } record && !IsOver(record)
            ? new LocalContentLease(record, null, this, layout, timeProvider, logger)
            : null;
    }

    /// <summary>Gives the leases that are not over, then throws if there was one that cannot be read.</summary>
    internal async IAsyncEnumerable<LeaseRecord> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StorageException? unreadable = null;
        foreach (string id in Ids())
        {
            cancellationToken.ThrowIfCancellationRequested();
            LeaseRecord? record = null;
            try
            {
                record = await ReadAsync(id, cancellationToken).ConfigureAwait(false);
            }
            catch (StorageException e) when (e.Kind == OciErrorKind.Corrupt)
            {
                logger.CorruptLease(e);
                unreadable ??= e;
            }
            if (record is not null && !IsOver(record))
                yield return record;
        }
        if (unreadable is not null)
            throw new StorageException(OciErrorKind.Corrupt, $"What a lease holds is unknown. {unreadable.Message}", unreadable.Path!, unreadable);
    }

    /// <summary>The lease's file, over or not; null when there is none.</summary>
    internal async ValueTask<LeaseRecord?> ReadAsync(string id, CancellationToken cancellationToken)
    {
        string path = layout.LeaseFile(id);
        var record = await SideFile.ReadAsync(path, LocalJson.Default.LeaseRecord, cancellationToken).ConfigureAwait(false);
        return record is null || record.Id == id ? record : throw SideFile.Corrupt(path, "it has the id of another lease");
    }

    /// <summary>Puts a lease on the disk; the caller holds the lock.</summary>
    internal ValueTask WriteAsync(LeaseRecord record, CancellationToken cancellationToken) => DurableFile.WriteAsync(
        layout.LeaseFile(record.Id),
        JsonSerializer.SerializeToUtf8Bytes(record, LocalJson.Default.LeaseRecord),
        LocalLayout.PrivateFile,
        cancellationToken);

    /// <summary>Removes a lease's files; the caller holds the lock.</summary>
    internal void Delete(string id)
    {
        File.Delete(layout.LeaseFile(id));
        File.Delete(layout.LeaseLifeFile(id));
    }

    /// <summary>
    /// Removes what processes that died left, once it is over; the caller holds the lock. A lease that nobody can read stays: deleting
    /// it would be a guess.
    /// </summary>
    internal async ValueTask SweepAsync(CancellationToken cancellationToken)
    {
        foreach (string id in Ids())
        {
            try
            {
                if (await ReadAsync(id, cancellationToken).ConfigureAwait(false) is { } record && IsOver(record))
                    TryDelete(id);
            }
            catch (StorageException e) when (e.Kind == OciErrorKind.Corrupt)
            {
                logger.CorruptLease(e);
            }
        }
        foreach (string name in SideFile.NamesIn(layout.Leases).Where(name => name.EndsWith(LocalLayout.LifeSuffix, StringComparison.Ordinal)))
        {
            string id = name[..^LocalLayout.LifeSuffix.Length];
            if (id.Length > 0 && !DurableFile.Exists(layout.LeaseFile(id)) && !IsLocked(layout.LeaseLifeFile(id)))
                TryDelete(id);
        }
    }

    private bool IsOver(LeaseRecord record) =>
        record.ExpiresAt <= timeProvider.GetUtcNow() || (record.EndsWithProcess && !IsLocked(layout.LeaseLifeFile(record.Id)));

    private static bool IsLocked(string path)
    {
        try
        {
            using var probe = FileLock.TryAcquireExisting(path, FileLockMode.Shared);
            return probe is null;
        }
        catch (StorageException e) when (e.Kind == OciErrorKind.NotFound)
        {
            return false; // it was released meanwhile
        }
    }

    private async ValueTask RemoveOverAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            if (await ReadAsync(id, cancellationToken).ConfigureAwait(false) is not { } record)
                return;
            if (!IsOver(record))
                throw Failures.LeaseExists(id);
        }
        catch (StorageException e) when (e.Kind == OciErrorKind.Corrupt)
        {
            logger.CorruptLease(e);
            throw Failures.LeaseExists(id);
        }
        TryDelete(id);
    }

    // A lease that cannot be deleted is over all the same.
    private void TryDelete(string id)
    {
        try
        {
            Delete(id);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.LeaseNotDeleted(e, layout.LeaseFile(id));
        }
    }

    private IEnumerable<string> Ids() => SideFile.NamesIn(layout.Leases)
        .Where(name => name.EndsWith(LocalLayout.LeaseSuffix, StringComparison.Ordinal) && name[0] != '.')
        .Select(name => name[..^LocalLayout.LeaseSuffix.Length]);
}
