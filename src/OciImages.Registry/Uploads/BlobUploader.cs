using System.Net;
using System.Runtime.ExceptionServices;
using OciImages.Registry.Auth;
using OciImages.Registry.Blobs;
using OciImages.Registry.Http;

namespace OciImages.Registry.Uploads;

/// <summary>
/// Brings one blob into one repository: is it there, can it be mounted, else send it, in whichever way the registry takes. OCI distribution
/// specification, "Pushing blobs" and "Mounting a blob from another repository".
/// </summary>
/// <remarks>
/// Attempts are counted since the last byte that the registry got and kept. After a failure it is asked how far it has got; where it does not know,
/// the upload starts over.
/// </remarks>
internal sealed class BlobUploader(RegistryHttp http, RegistryRequest push, Descriptor blob, BlobPushOptions options, UploadSource source)
{
    private const int SmallBlob = 1024 * 1024;
    private const int LeastChunk = 64 * 1024;

    private readonly RetrySchedule _schedule = new(http.Options, http.Logger);
    private UploadSession? _session;
    private long _offset;
    private long _furthest;
    private int _corrections;

    public async Task<BlobPushResult> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await ExistsAsync(cancellationToken).ConfigureAwait(false))
                return new BlobPushResult(BlobPushOutcome.Existing);
            if (await MountAsync(cancellationToken).ConfigureAwait(false) is { } from)
                return new BlobPushResult(BlobPushOutcome.Mounted) { MountedFrom = from };
            await UploadAsync(cancellationToken).ConfigureAwait(false);
            return new BlobPushResult(BlobPushOutcome.Uploaded);
        }
        finally
        {
            await AbandonAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Asks for the blob from one repository; the session that a registry opens instead is kept for the upload.</summary>
    public async Task<bool> TryMountAsync(RepositoryName from, CancellationToken cancellationToken)
    {
        var request = push with
        {
            Method = HttpMethod.Post,
            Target = $"{push.Target}uploads/?mount={Uri.EscapeDataString(blob.Digest.ToString())}&from={Uri.EscapeDataString(from.Path)}",
            Action = $"mount blob {blob.Digest} from {from.Path} into",
            Scopes = [.. push.Scopes, TokenScope.Pull(from.Path)],
        };
        var opened = await http.ExecuteAsync(request, async (response, token) => response.StatusCode == HttpStatusCode.Created
            ? null
            : await UploadSession.OfAsync(http, push, response, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        if (opened is null)
            return true;
        if (_session is null)
            _session = opened;
        else
            await opened.AbortAsync().ConfigureAwait(false);
        return false;
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

    private async Task<bool> ExistsAsync(CancellationToken cancellationToken)
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

    private async Task<RepositoryName?> MountAsync(CancellationToken cancellationToken)
    {
        // As Docker: the larger the blob, the more questions it is worth.
        int tries = blob.Size switch { <= 100_000 => 1, <= 10_000_000 => 3, _ => 4 };
        // Docker Hub opens no session at all for a repository of another registry (go-containerregistry issue 1741).
        var candidates = options.MountFrom
            .Where(from => RegistryDomain.Parse(from.Domain) == push.Domain && from.Path != push.Repository).Distinct().Take(tries);
        foreach (var from in candidates)
        {
            try
            {
                if (await TryMountAsync(from, cancellationToken).ConfigureAwait(false))
                    return from;
            }
            catch (RegistryException e)
            {
                // Often no rights there. The blob can be sent all the same.
                RegistryLog.MountRefused(http.Logger, e.Message);
            }
        }
        return null;
    }

    private async Task UploadAsync(CancellationToken cancellationToken)
    {
        bool isSmall = blob.Size <= SmallBlob;
        var modes = options.Mode is { } only ? [only] : http.Uploads.ModesFor(push.Domain, isSmall);
        for (int i = 0; ; i++)
        {
            try
            {
                await UploadAsync(modes[i], cancellationToken).ConfigureAwait(false);
                http.Uploads.Refused(push.Domain, modes.Take(i), isSmall);
                return;
            }
            catch (RegistryException e) when (i + 1 < modes.Count && MayBeTheMode(e))
            {
                RegistryLog.UploadModeRefused(http.Logger, modes[i], e.Message);
            }
            await AbandonAsync().ConfigureAwait(false);
        }
    }

    // What registries and what stands before them answer to a way that they do not know, or to a body that is too large for them.
    private static bool MayBeTheMode(RegistryException failure) =>
        (int?)failure.StatusCode is 400 or 404 or 405 or 411 or 413 or 415 or 416 or 417 or 501 && !failure.Errors.Any(error => error.Code is "NAME_UNKNOWN");

    private async Task UploadAsync(UploadMode mode, CancellationToken cancellationToken)
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
                if (await IsThereAsync(cancellationToken).ConfigureAwait(false))
                    return;
                await FindOffsetAsync(null, mode, cancellationToken).ConfigureAwait(false);
            }
            else if (_session is not null && IsAboutRange(failure, mode) && ++_corrections <= 2 * http.Options.MaxAttempts)
            {
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

    private long ChunkSize => Math.Max(Math.Min(options.ChunkSize, http.Uploads.MaxChunkOf(push.Domain)), _session?.MinChunk ?? 1);

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
        _furthest = offset;
        _corrections = 0;
        _schedule.Reset();
    }

    // The last request may have worked although its answer was lost.
    private async Task<bool> IsThereAsync(CancellationToken cancellationToken)
    {
        if (_session is not { MayBeCommitted: true })
            return false;
        if (!await ExistsAsync(cancellationToken).ConfigureAwait(false))
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
