using Microsoft.Extensions.Logging;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>An ingest that this writer has open: its data, its folder and the lock on it.</summary>
internal sealed class LocalIngest(
    string id, string folder, FileLock held, IngestData data, LocalLayout layout, ILogger logger)
{
    internal string Id => id;

    internal IngestData Data => data;

    internal bool IsClosed { get; private set; }

    /// <summary>Closes it and keeps its data.</summary>
    internal void Close()
    {
        IsClosed = true;
        data.Dispose();
        held.Dispose();
    }

    /// <summary>Throws the data away and frees the id.</summary>
    internal async ValueTask DropAsync(string reason)
    {
        logger.IngestDropped(id, reason);
        try
        {
            data.Truncate(); // should the folder stay, the next writer must not go on from here
        }
        catch (StorageException e)
        {
            logger.IngestNotRemoved(e, folder);
        }
        await RemoveAsync().ConfigureAwait(false);
    }

    /// <summary>Removes what is left of it and frees the id. The outcome is decided by now: a failure is only logged.</summary>
    internal async ValueTask RemoveAsync()
    {
        IsClosed = true;
        data.Dispose();
        try
        {
            using var hold = await layout.IngestLock.AcquireAsync(CancellationToken.None).ConfigureAwait(false);
            held.Dispose();
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException)
        {
            held.Dispose();
            logger.IngestNotRemoved(e, folder);
        }
    }
}
