using Microsoft.AspNetCore.Http;

namespace OciImages.RegistryServer.Internal;

/// <summary>Uploads under way: OCI distribution specification, "Pushing a blob in chunks" and "Cancel a blob upload".</summary>
internal sealed class UploadHandler(RegistryState state, UploadSessions uploads)
{
    /// <summary>end-13: how far an upload is.</summary>
    internal async Task GetAsync(HttpContext context, RegistryRoute route)
    {
        if (Guid.TryParseExact(route.Argument, "D", out var id)
            && await uploads.FindOffsetAsync(id, route.Name, context.RequestAborted).ConfigureAwait(false) is { } offset)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            Describe(context, route, id, offset);
            return;
        }
        await context.FailAsync(RegistryFault.UploadUnknown(route.Argument)).ConfigureAwait(false);
    }

    /// <summary>end-5: a chunk, or a stream of unknown length at the end of what is there.</summary>
    internal async Task PatchAsync(HttpContext context, RegistryRoute route)
    {
        if (await EnterAsync(context, route).ConfigureAwait(false) is not { } session)
            return;
        try
        {
            if (await ReceiveAsync(context, route, session).ConfigureAwait(false))
            {
                context.Response.StatusCode = StatusCodes.Status202Accepted;
                Describe(context, route, session.Id, session.Writer!.Offset);
            }
        }
        finally
        {
            await uploads.LeaveAsync(session, route.Name).ConfigureAwait(false);
        }
    }

    /// <summary>end-6: the last chunk, if there is one, and the digest of the whole.</summary>
    internal async Task PutAsync(HttpContext context, RegistryRoute route)
    {
        if (!Digest.TryParse(context.Request.Query["digest"].ToString(), out var digest))
        {
            await context.FailAsync(RegistryFault.DigestInvalid(context.Request.Query["digest"].ToString())).ConfigureAwait(false);
            return;
        }
        if (await EnterAsync(context, route).ConfigureAwait(false) is { } session)
            await CompleteAsync(context, route, session, digest, keep: true).ConfigureAwait(false);
    }

    /// <summary>end-14.</summary>
    internal async Task DeleteAsync(HttpContext context, RegistryRoute route)
    {
        if (await EnterAsync(context, route).ConfigureAwait(false) is not { } session)
            return;
        await uploads.CancelAsync(session, route.Name, CancellationToken.None).ConfigureAwait(false);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Receives the rest of an upload that was entered, verifies and commits it, and leaves it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="route">What it is about.</param>
    /// <param name="session">The upload.</param>
    /// <param name="digest">What it must be.</param>
    /// <param name="keep">Whether what has arrived is kept for another attempt when it fails.</param>
    internal async Task CompleteAsync(HttpContext context, RegistryRoute route, UploadSession session, Digest digest, bool keep)
    {
        bool committing = false;
        bool ended = false;
        try
        {
            if (!await ReceiveAsync(context, route, session).ConfigureAwait(false))
                return;
            using var hold = await state.Gate.EnterAsync(digest, context.RequestAborted).ConfigureAwait(false);
            // From here on the client's leaving changes nothing: all is here.
            committing = true;
            await session.Writer!.CommitAsync(null, digest, CancellationToken.None).ConfigureAwait(false);
            ended = true;
            await state.WritableIndex!.AddBlobAsync(route.Name, digest, CancellationToken.None).ConfigureAwait(false);
            Created(context, route, digest);
        }
        catch (OciException e) when (e.Kind == OciErrorKind.Corrupt && committing && !ended)
        {
            ended = true; // the store has dropped the data
            await context.FailAsync(RegistryFault.DigestInvalid(digest.ToString(), "The content has another digest; the upload has ended.")).ConfigureAwait(false);
        }
        finally
        {
            if (ended)
                await uploads.EndAsync(session, route.Name).ConfigureAwait(false);
            else if (keep)
                await uploads.LeaveAsync(session, route.Name, close: committing).ConfigureAwait(false);
            else
                await uploads.CancelAsync(session, route.Name, CancellationToken.None).ConfigureAwait(false);
        }
    }

    internal static void Created(HttpContext context, RegistryRoute route, Digest digest)
    {
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = route.BlobLocation(digest);
        context.Response.Headers[RegistryResponse.DigestHeader] = digest.ToString();
    }

    internal static void Describe(HttpContext context, RegistryRoute route, Guid id, long offset)
    {
        context.Response.Headers.Location = route.UploadLocation(id);
        // Inclusive on both ends, so that nothing and one byte look the same: Docker's registry has it so.
        context.Response.Headers.Range = $"0-{Math.Max(0, offset - 1)}";
        context.Response.Headers["Docker-Upload-UUID"] = id.ToString();
    }

    private async ValueTask<UploadSession?> EnterAsync(HttpContext context, RegistryRoute route)
    {
        var (upload, session) = Guid.TryParseExact(route.Argument, "D", out var id)
            ? await uploads.EnterAsync(id, route.Name, context.RequestAborted).ConfigureAwait(false)
            : (UploadState.Unknown, null);
        switch (upload)
        {
            case UploadState.Entered:
                return session;
            case UploadState.Busy:
                context.Response.Headers.RetryAfter = "1";
                await context.FailAsync(RegistryFault.UploadInvalid(
                    "Another request is writing to this upload.", StatusCodes.Status409Conflict)).ConfigureAwait(false);
                return null;
            default:
                await context.FailAsync(RegistryFault.UploadUnknown(route.Argument)).ConfigureAwait(false);
                return null;
        }
    }

    /// <summary>Writes the body to the upload, or answers why not.</summary>
    private async ValueTask<bool> ReceiveAsync(HttpContext context, RegistryRoute route, UploadSession session)
    {
        var (request, writer) = (context.Request, session.Writer!);
        if (request.Headers.ContentRange is { Count: > 0 } header)
        {
            if (!ByteRange.TryParseChunk(header.ToString(), out var chunk))
                return await FailAsync(RegistryFault.UploadInvalid("The Content-Range of a chunk is FIRST-LAST.")).ConfigureAwait(false);
            if (chunk.Start != writer.Offset)
            {
                Describe(context, route, session.Id, writer.Offset);
                return await FailAsync(RegistryFault.UploadInvalid(
                    $"The next chunk starts at {writer.Offset}.", StatusCodes.Status416RangeNotSatisfiable)).ConfigureAwait(false);
            }
            if (request.ContentLength is { } length && length != chunk.Length)
                return await FailAsync(RegistryFault.SizeInvalid("Content-Range and Content-Length contradict each other.")).ConfigureAwait(false);
        }
        long limit = (state.Options.MaxBlobSize ?? long.MaxValue) - writer.Offset;
        context.LimitBody(null);
        if (request.ContentLength > limit)
            return await FailAsync(TooLarge()).ConfigureAwait(false);
        long before = writer.Offset;
        try
        {
            long received = await BodyReceiver.CopyAsync(request.Body, writer.Output, limit, context.RequestAborted).ConfigureAwait(false);
            return received >= 0 || await FailAsync(TooLarge()).ConfigureAwait(false);
        }
        finally
        {
            RegistryTelemetry.BytesReceived(writer.Offset - before);
        }

        RegistryFault TooLarge() => RegistryFault.SizeInvalid(
            $"The blob is larger than the {state.Options.MaxBlobSize} bytes allowed.", StatusCodes.Status413PayloadTooLarge);

        async ValueTask<bool> FailAsync(RegistryFault fault)
        {
            await context.FailAsync(fault).ConfigureAwait(false);
            return false;
        }
    }
}
