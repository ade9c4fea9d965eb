using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Logging;
using OciImages.Content.Internal;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>
/// Ingests: a folder each, named by the hash of the id, with <c>ref</c> (the id), <c>startedat</c>, <c>data</c>, and <c>lock</c>, which
/// whoever has it open holds.
/// </summary>
internal sealed class LocalIngests(LocalLayout layout, LocalLeases leases, LocalBlobs blobs, TimeProvider timeProvider, ILogger logger)
{
    private const int MaxSideLength = 4 * Arguments.MaxIngestIdLength;

    internal async ValueTask<ContentWriter> OpenAsync(string ingestId, CancellationToken cancellationToken)
    {
        string folder = layout.Ingest(Arguments.CheckIngestId(ingestId));
        await leases.EnsureAsync(cancellationToken).ConfigureAwait(false);
        var held = await LockAsync(ingestId, folder, cancellationToken).ConfigureAwait(false);
        try
        {
            await DescribeAsync(ingestId, folder, cancellationToken).ConfigureAwait(false);
            var data = await IngestData.OpenAsync(DataFile(folder), cancellationToken).ConfigureAwait(false);
            var ingest = new LocalIngest(ingestId, folder, held, data, layout, logger);
            return new LocalContentWriter(ingest, layout, blobs, timeProvider);
        }
        catch
        {
            held.Dispose();
            await TakeBackAsync(folder).ConfigureAwait(false);
            throw;
        }
    }

    // On a full disk the id may not be written any more, and nobody could continue it.
    private async ValueTask TakeBackAsync(string folder)
    {
        try
        {
            using var hold = await layout.IngestLock.AcquireAsync(CancellationToken.None).ConfigureAwait(false);
            RemoveNameless(folder);
        }
        catch (StorageException e)
        {
            logger.IngestNotRemoved(e, folder);
        }
    }

    /// <summary>
    /// Removes an ingest that has neither id nor data: its writer was killed, or failed, before it had begun. The caller holds the lock under which
    /// ingests are opened.
    /// </summary>
    internal static void RemoveNameless(string folder)
    {
        if (LengthOf(IdFile(folder)) == 0 && LengthOf(DataFile(folder)) == 0 && !IsLocked(folder))
            Remove(folder);

        static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
    }

    internal async IAsyncEnumerable<IngestStatus> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await layout.CheckAsync(cancellationToken).ConfigureAwait(false);
        foreach (string folder in Folders())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await StatusAsync(folder, cancellationToken).ConfigureAwait(false) is { } status)
                yield return status;
        }
    }

    internal async ValueTask AbortAsync(string ingestId, CancellationToken cancellationToken)
    {
        string folder = layout.Ingest(Arguments.CheckIngestId(ingestId));
        await layout.CheckAsync(cancellationToken).ConfigureAwait(false);
        if (!DurableDirectory.Exists(folder))
            return;
        using var hold = await layout.IngestLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        if (!Directory.Exists(folder))
            return;
        if (FileLock.TryAcquire(LockFile(folder)) is not { } held)
            throw Failures.Open(ingestId, FileLock.DescribeHolder(LockFile(folder)));
        held.Dispose(); // nobody can take it: that needs the lock that is held here
        Remove(folder);
    }

    internal async ValueTask<IReadOnlyList<IngestStatus>> SweepAsync(
        DateTimeOffset updatedBefore, bool dryRun, CancellationToken cancellationToken)
    {
        var stale = new List<IngestStatus>();
        await foreach (var ingest in ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!ingest.IsOpen && ingest.UpdatedAt < updatedBefore
                && (dryRun || await RemoveStaleAsync(ingest, updatedBefore, cancellationToken).ConfigureAwait(false)))
            {
                stale.Add(ingest);
            }
        }
        return stale;
    }

    // Somebody may have gone on with it since it was listed.
    private async ValueTask<bool> RemoveStaleAsync(IngestStatus ingest, DateTimeOffset updatedBefore, CancellationToken cancellationToken)
    {
        string folder = layout.Ingest(Encoding.UTF8.GetBytes(ingest.IngestId));
        using var hold = await layout.IngestLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        if (!Directory.Exists(folder) || UpdatedAt(folder) >= updatedBefore || FileLock.TryAcquire(LockFile(folder)) is not { } held)
            return false;
        held.Dispose(); // nobody can take it: that needs the lock that is held here
        Remove(folder);
        return true;
    }

    private List<string> Folders()
    {
        try
        {
            return Directory.EnumerateDirectories(layout.Ingests).ToList();
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "list the ingests", layout.Ingests);
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "remove the ingest", folder);
        }
    }

    private static DateTimeOffset UpdatedAt(string folder) =>
        new FileInfo(DataFile(folder)) is { Exists: true } data ? data.LastWriteTimeUtc : Directory.GetLastWriteTimeUtc(folder);

    private static string LockFile(string folder) => Path.Combine(folder, "lock");

    private static string DataFile(string folder) => Path.Combine(folder, "data");

    private static string IdFile(string folder) => Path.Combine(folder, "ref");

    private static string StartFile(string folder) => Path.Combine(folder, "startedat");

    private async ValueTask<FileLock> LockAsync(string ingestId, string folder, CancellationToken cancellationToken)
    {
        using var hold = await layout.IngestLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "create the ingest", folder);
        }
        return FileLock.TryAcquire(LockFile(folder)) ?? throw Failures.Open(ingestId, FileLock.DescribeHolder(LockFile(folder)));
    }

    // Not durable, as the data is not either: what a power cut damages is written anew here.
    private async ValueTask DescribeAsync(string ingestId, string folder, CancellationToken cancellationToken)
    {
        try
        {
            if (await ReadAsync(StartFile(folder), cancellationToken).ConfigureAwait(false) is not { } text || ParseTime(text) is null)
            {
                string now = timeProvider.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
                await File.WriteAllTextAsync(StartFile(folder), now, cancellationToken).ConfigureAwait(false);
            }
            if (await ReadAsync(IdFile(folder), cancellationToken).ConfigureAwait(false) != ingestId)
                await File.WriteAllTextAsync(IdFile(folder), ingestId, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "describe the ingest", folder);
        }
    }

    private async ValueTask<IngestStatus?> StatusAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            bool isOpen = await IsOpenAsync(folder, cancellationToken).ConfigureAwait(false);
            string? id = await ReadAsync(IdFile(folder), cancellationToken).ConfigureAwait(false);
            if (id is null || layout.Ingest(Encoding.UTF8.GetBytes(id)) != folder)
            {
                if (!isOpen && Directory.Exists(folder))
                    logger.CorruptIngest(folder);
                return null;
            }
            var data = new FileInfo(DataFile(folder));
            var updatedAt = UpdatedAt(folder);
            string? started = await ReadAsync(StartFile(folder), cancellationToken).ConfigureAwait(false);
            return new IngestStatus(
                id, data.Exists ? data.Length : 0, ParseTime(started) ?? updatedAt, updatedAt, isOpen);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null; // it ended meanwhile
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the ingest", folder);
        }
    }

    /// <summary>Whether a writer has the ingest open, as far as this process may tell.</summary>
    internal async ValueTask<bool> IsOpenAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            using var hold = await layout.IngestLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
            return IsLocked(folder);
        }
        catch (StorageException e) when (e.Kind == OciErrorKind.Forbidden)
        {
            return false; // a store that this process may only read: it has no way to tell
        }
    }

    /// <summary>The same, for who holds the lock under which ingests are opened: a writer who tries meanwhile would be refused.</summary>
    internal static bool IsLocked(string folder)
    {
        try
        {
            using var probe = FileLock.TryAcquireExisting(LockFile(folder), FileLockMode.Shared);
            return probe is null;
        }
        catch (StorageException e) when (e.Kind is OciErrorKind.NotFound or OciErrorKind.Forbidden)
        {
            return false;
        }
    }

    /// <summary>Whether a folder of <c>ingest/</c> has the id that its name is made of.</summary>
    internal async ValueTask<bool> HasItsIdAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(IdFile(folder), cancellationToken).ConfigureAwait(false) is { } id && layout.Ingest(Encoding.UTF8.GetBytes(id)) == folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the ingest", folder);
        }
    }

    private static async ValueTask<string?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var file = new FileInfo(path);
        return file.Exists && file.Length <= MaxSideLength
            ? await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false)
            : null;
    }

    private static DateTimeOffset? ParseTime(string? text) =>
        DateTimeOffset.TryParseExact(text, "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;
}
