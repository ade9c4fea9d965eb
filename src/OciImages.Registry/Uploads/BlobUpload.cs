using System.Net;
using System.Runtime.ExceptionServices;
using OciImages.Registry.Blobs;
using OciImages.Registry.Http;

namespace OciImages.Registry.Uploads;

/// <summary>The sending of one blob: a session, how far it is, and what to do when it is cut or refused.</summary>
/// <remarks>
/// Attempts are counted until the registry got and kept enough more of it. After a failure it is asked how far it has got; where it does not know,
/// the upload starts over.
/// </remarks>
internal sealed class BlobUpload(RegistryHttp http, RegistryRequest push, Descriptor blob, BlobPushOptions options, UploadSource source)
{
    private const int LeastChunk = 64 * 1024;

    private readonly RetrySchedule _schedule = new(http.Options, http.Logger);
    private UploadSession? _session;
    private long _offset;
    private long _furthest;
    private long _correctedAt;
    private int _corrections;

    private long ChunkSize => Math.Max(Math.Min(options.ChunkSize, http.Uploads.MaxChunkOf(push.Domain)), _session?.MinChunk ?? 1);

    /// <summary>Whether the repository has the blob already.</summary>
    public async Task<bool> IsThereAsync(CancellationToken cancellationToken)
    {
        try
        {
            var head = push with { Method = HttpMethod.Head, Target = $"{push.Target}{blob.Digest}" };
            return await BlobProbe.ExistsAsync(http, head, blob.Digest, cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryException e) when (!e.IsTransient && (e.StatusCode is not null || e.Kind == OciErrorKind.InvalidInput))
        {
            // Whoever may not look may still send; and if not, the refusal of that says why.
            return false;
        }
    }

    /// <summary>Takes a session that the registry opened unasked: one is used, others are given back.</summary>
    public Task OfferAsync(UploadSession session)
    {
        if (_session is not null)
            return session.AbortAsync();
        _session = session;
        return Task.CompletedTask;
    }

    /// <summary>Sends the blob in one way, through whatever cuts there are.</summary>
    /// <exception cref="RegistryException">It does not work so.</exception>
    public async Task RunAsync(UploadMode mode, CancellationToken cancellationToken)
    {
        bool hasStartedOver = false;
        while (true)
        {
            RegistryException failure;
            try
            {
                _session ??= await OpenAsync(cancellationToken).ConfigureAwait(false);
                await SendAsync(mode, cancellationToken).ConfigureAwait(false);
                _session = null;
                return;
            }
            catch (RegistryException e)
            {
                failure = e;
            }

            if (failure.IsTransient)
            {
                await _schedule.WaitAsync(failure, cancellationToken).ConfigureAwait(false);
                if (await IsCommittedAsync(cancellationToken).ConfigureAwait(false))
                    return;
                await FindOffsetAsync(null, mode, cancellationToken).ConfigureAwait(false);
            }
            else if (_session is not null && IsAboutRange(failure, mode) && ++_corrections <= 2 * http.Options.MaxAttempts)
            {
                if (_corrections == 1)
                    _correctedAt = _furthest;
                if (mode == UploadMode.Chunked && failure.StatusCode == HttpStatusCode.RequestEntityTooLarge && !TryHalveChunk())
                    ExceptionDispatchInfo.Throw(failure);
                await FindOffsetAsync(failure, mode, cancellationToken).ConfigureAwait(false);
            }
            else if (!hasStartedOver && IsWorthAnother(failure))
            {
                hasStartedOver = true;
                await AbandonAsync().ConfigureAwait(false);
            }
            else
            {
                ExceptionDispatchInfo.Throw(failure);
            }
        }
    }

    /// <summary>Gives up the session, if there is one.</summary>
    public async Task AbandonAsync()
    {
        if (_session is not { } session)
            return;
        _session = null;
        _offset = 0;
        await session.AbortAsync().ConfigureAwait(false);
    }

    // Where everything went out in one piece, a refusal means that piece.
    private bool IsAboutRange(RegistryException failure, UploadMode mode) => failure.StatusCode switch
    {
        HttpStatusCode.RequestedRangeNotSatisfiable => mode == UploadMode.Chunked || _offset > 0,
        HttpStatusCode.RequestEntityTooLarge => mode == UploadMode.Chunked,
        _ => false,
    };

    // The registry lost the upload, or got other bytes than were sent.
    private static bool IsWorthAnother(RegistryException failure) =>
        failure.Kind == OciErrorKind.Corrupt
        || failure.Errors.Any(error => error.Code is "BLOB_UPLOAD_UNKNOWN" or "BLOB_UPLOAD_INVALID" or "DIGEST_INVALID" or "SIZE_INVALID");

    private async Task<UploadSession> OpenAsync(CancellationToken cancellationToken)
    {
        var request = push with { Method = HttpMethod.Post, Target = $"{push.Target}uploads/" };
        using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        _offset = 0;
        return await UploadSession.OfAsync(http, push, response, cancellationToken).ConfigureAwait(false);
    }

    private async Task SendAsync(UploadMode mode, CancellationToken cancellationToken)
    {
        var session = _session!;
        if (mode == UploadMode.Monolithic && _offset == 0)
        {
            await session.CommitAsync(source, 0, options.Progress, cancellationToken).ConfigureAwait(false);
            return;
        }
        while (_offset < blob.Size)
        {
            long left = blob.Size - _offset;
            long length = mode == UploadMode.Chunked ? Math.Min(left, ChunkSize) : left;
            bool isPart = mode == UploadMode.Chunked || _offset > 0;
            await session.AppendAsync(source, _offset, length, isPart, options.Progress, cancellationToken).ConfigureAwait(false);
            MoveTo(_offset + length);
        }
        await session.CommitAsync(source, blob.Size, options.Progress, cancellationToken).ConfigureAwait(false);
    }

    private bool TryHalveChunk()
    {
        long half = ChunkSize / 2;
        if (half < Math.Max(LeastChunk, _session?.MinChunk ?? 1))
            return false;
        http.Uploads.LimitChunk(push.Domain, half);
        return true;
    }

    private void MoveTo(long offset)
    {
        _offset = offset;
        if (offset <= _furthest)
            return;
        _schedule.Progressed(offset - _furthest);
        _furthest = offset;
        if (_corrections > 0 && _furthest - _correctedAt >= RetrySchedule.RealProgress)
            _corrections = 0;
    }

    // The last request may have worked although its answer was lost.
    private async Task<bool> IsCommittedAsync(CancellationToken cancellationToken)
    {
        if (_session is not { MayBeCommitted: true })
            return false;
        if (!await IsThereAsync(cancellationToken).ConfigureAwait(false))
            return false;
        _session = null;
        return true;
    }

    /// <summary>Finds where to go on; without an answer that helps, the session is given up.</summary>
    private async Task FindOffsetAsync(RegistryException? refusal, UploadMode mode, CancellationToken cancellationToken)
    {
        if (_session is not { } session)
            return;
        long refused = _offset;
        if (await QueryAsync(session, cancellationToken).ConfigureAwait(false) is not { } count || count > blob.Size)
        {
            await AbandonAsync().ConfigureAwait(false);
            return;
        }
        RegistryLog.UploadResumed(http.Logger, push.Domain.Name, blob.Digest.ToString(), count, blob.Size);
        if (refusal is null)
        {
            // ECR stops counting after the first part: what it acknowledged counts.
            MoveTo(Math.Max(count, session.Confirmed));
        }
        else if (refusal.StatusCode == HttpStatusCode.RequestEntityTooLarge || count != refused)
        {
            MoveTo(count);
        }
        else if (mode != UploadMode.Chunked || !TryHalveChunk())
        {
            // The very place that the registry names is refused, and not for the size of the part.
            ExceptionDispatchInfo.Throw(refusal);
        }
    }

    private async Task<long?> QueryAsync(UploadSession session, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await session.QueryAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (RegistryException e) when (e.IsTransient)
            {
                await _schedule.WaitAsync(e, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
