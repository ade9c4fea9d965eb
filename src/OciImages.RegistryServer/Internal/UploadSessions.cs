using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using OciImages.Content;

namespace OciImages.RegistryServer.Internal;

/// <summary>
/// The uploads that are under way. An upload is an ingest of the content store; here is only who has it open, so that a chunk need not
/// read and hash all those before it.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for holds nothing to dispose.")]
internal sealed class UploadSessions(IContentStore content, OciRegistryOptions options, ILogger logger)
{
    private readonly ConcurrentDictionary<(Guid Id, string Repository), UploadSession> _open = new();
    private readonly SemaphoreSlim _finding = new(1, 1);

    /// <summary>Begins an upload and enters it.</summary>
    /// <returns>The upload; null when there are too many.</returns>
    internal async ValueTask<UploadSession?> StartAsync(string repository, CancellationToken cancellationToken)
    {
        if (_open.Count >= options.MaxUploads)
            return null;
        var session = new UploadSession(Guid.NewGuid(), repository) { UsedAt = options.TimeProvider.GetUtcNow() };
        session.TryEnter();
        session.Writer = await content.OpenWriterAsync(session.IngestId, cancellationToken).ConfigureAwait(false);
        if (_open.TryAdd((session.Id, repository), session))
            RegistryTelemetry.UploadsChanged(1);
        return session;
    }

    /// <summary>Enters an upload, opening what an earlier process or a pause has left.</summary>
    internal async ValueTask<(UploadState State, UploadSession? Session)> EnterAsync(
        Guid id, string repository, CancellationToken cancellationToken)
    {
        UploadSession session;
        while (true)
        {
            if (await FindAsync(id, repository, cancellationToken).ConfigureAwait(false) is not { } found)
                return (UploadState.Unknown, null);
            if (!found.TryEnter())
                return (UploadState.Busy, null);
            session = found;
            if (!session.HasEnded)
                break;
            // It was closed or ended since it was found, and has left the table: the store knows which.
            session.Exit();
        }
        try
        {
            if (session.Writer is null)
            {
                session.Writer = await content.OpenWriterAsync(session.IngestId, cancellationToken).ConfigureAwait(false);
                session.Offset = session.Writer.Offset;
            }
            return (UploadState.Entered, session);
        }
        catch (OciException e) when (e.Kind == OciErrorKind.Unavailable && e is not StorageException)
        {
            session.Exit();
            return (UploadState.Busy, null);
        }
        catch
        {
            session.Exit();
            throw;
        }
    }

    /// <summary>Finds out how many bytes an upload has, also while another request writes to it.</summary>
    internal async ValueTask<long?> FindOffsetAsync(Guid id, string repository, CancellationToken cancellationToken) =>
        (await FindAsync(id, repository, cancellationToken).ConfigureAwait(false))?.Offset;

    /// <summary>Leaves an upload that stays.</summary>
    /// <param name="session">The upload.</param>
    /// <param name="repository">Its repository.</param>
    /// <param name="close">Whether only the store knows what is left of it.</param>
    internal async ValueTask LeaveAsync(UploadSession session, string repository, bool close = false)
    {
        session.UsedAt = options.TimeProvider.GetUtcNow();
        if (session.Writer is { } writer)
            session.Offset = writer.Offset;
        if (close || options.UploadIdleTime == TimeSpan.Zero)
            await CloseAsync(session, repository).ConfigureAwait(false);
        session.Exit();
    }

    /// <summary>Leaves an upload whose ingest has ended.</summary>
    internal async ValueTask EndAsync(UploadSession session, string repository)
    {
        session.HasEnded = true;
        await CloseAsync(session, repository).ConfigureAwait(false);
        session.Exit();
    }

    /// <summary>Throws away an upload that was entered.</summary>
    internal async ValueTask CancelAsync(UploadSession session, string repository, CancellationToken cancellationToken)
    {
        try
        {
            if (session.Writer is { } writer)
            {
                session.Writer = null;
                await writer.DisposeAsync().ConfigureAwait(false);
            }
            await content.AbortAsync(session.IngestId, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // What the store could not remove is found there again.
            await EndAsync(session, repository).ConfigureAwait(false);
        }
    }

    /// <summary>Closes uploads that rest, and throws away those that have rested too long.</summary>
    internal async ValueTask SweepAsync(bool alsoStored, CancellationToken cancellationToken)
    {
        var now = options.TimeProvider.GetUtcNow();
        foreach (var ((_, repository), session) in _open)
        {
            var rest = now - session.UsedAt;
            if (rest < options.UploadIdleTime && rest < options.UploadExpiry)
                continue;
            if (!session.TryEnter())
                continue;
            if (session.HasEnded)
            {
                session.Exit();
            }
            else if (rest >= options.UploadExpiry)
            {
                logger.UploadExpired(session.Id, repository, session.Offset);
                await CancelAsync(session, repository, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await CloseAsync(session, repository).ConfigureAwait(false);
                session.Exit();
            }
        }
        if (alsoStored)
            await SweepStoredAsync(now, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes every upload that no request is writing to; their data is kept.</summary>
    internal async ValueTask CloseAllAsync()
    {
        foreach (var ((_, repository), session) in _open)
        {
            if (!session.TryEnter())
                continue;
            await CloseAsync(session, repository).ConfigureAwait(false);
            session.Exit();
        }
    }

    private async ValueTask<UploadSession?> FindAsync(Guid id, string repository, CancellationToken cancellationToken)
    {
        if (_open.TryGetValue((id, repository), out var session))
            return session;
        await _finding.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_open.TryGetValue((id, repository), out session))
                return session;
            // The store is looked at after the table: an upload is out of the table only when it is closed or has ended.
            string ingestId = UploadSession.IngestIdOf(id, repository);
            await foreach (var ingest in content.ListIngestsAsync(cancellationToken).ConfigureAwait(false))
            {
                if (ingest.IngestId != ingestId)
                    continue;
                session = new UploadSession(id, repository) { Offset = ingest.Offset, UsedAt = options.TimeProvider.GetUtcNow() };
                if (_open.TryAdd((id, repository), session))
                    RegistryTelemetry.UploadsChanged(1);
                return session;
            }
            return null;
        }
        finally
        {
            _finding.Release();
        }
    }

    // A closed upload leaves the table: what it was is in the store.
    private async ValueTask CloseAsync(UploadSession session, string repository)
    {
        var writer = session.Writer;
        session.Writer = null;
        session.HasEnded = true;
        if (writer is not null)
            await writer.DisposeAsync().ConfigureAwait(false);
        if (_open.TryRemove(new KeyValuePair<(Guid, string), UploadSession>((session.Id, repository), session)))
            RegistryTelemetry.UploadsChanged(-1);
    }

    private async ValueTask SweepStoredAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await foreach (var ingest in content.ListIngestsAsync(cancellationToken).ConfigureAwait(false))
        {
            bool isOurs = UploadSession.IsIngestOfUpload(ingest.IngestId) || PullThrough.IsIngestOfUpstream(ingest.IngestId);
            if (!isOurs || ingest.IsOpen || now - ingest.UpdatedAt < options.UploadExpiry)
                continue;
            try
            {
                await content.AbortAsync(ingest.IngestId, cancellationToken).ConfigureAwait(false);
                logger.StoredUploadExpired(ingest.IngestId, ingest.Offset);
            }
            catch (OciException e) when (e.Kind == OciErrorKind.Unavailable)
            {
                // Somebody has gone on with it just now.
            }
        }
    }
}
