using Microsoft.AspNetCore.Http;

namespace OciImages.RegistryServer.Internal;

/// <summary>Blobs: OCI distribution specification, "Pulling blobs", "Checking if content exists", "Deleting Blobs".</summary>
internal sealed class BlobHandler(RegistryState state)
{
    private const string ContentType = "application/octet-stream";

    internal async Task GetAsync(HttpContext context, RegistryRoute route)
    {
        if (!Digest.TryParse(route.Argument, out var digest))
        {
            await context.FailAsync(RegistryFault.DigestInvalid(route.Argument)).ConfigureAwait(false);
            return;
        }
        if (await FindAsync(route.Name, digest, context.RequestAborted).ConfigureAwait(false) is { } size)
        {
            await ServeAsync(context, digest, size).ConfigureAwait(false);
            return;
        }
        if (state.Upstream is { } upstream && await upstream.FindBlobAsync(route.Name, digest, context.RequestAborted).ConfigureAwait(false) is { } blob)
        {
            if (await upstream.TryAdoptAsync(route.Name, blob, context.RequestAborted).ConfigureAwait(false))
                await ServeAsync(context, digest, blob.Size).ConfigureAwait(false);
            else
                await ServeUpstreamAsync(context, route, upstream, blob).ConfigureAwait(false);
            return;
        }
        await context.FailAsync(RegistryFault.BlobUnknown(route.Argument)).ConfigureAwait(false);
    }

    internal async Task DeleteAsync(HttpContext context, RegistryRoute route)
    {
        if (!Digest.TryParse(route.Argument, out var digest))
            await context.FailAsync(RegistryFault.DigestInvalid(route.Argument)).ConfigureAwait(false);
        else if (!await state.WritableIndex!.RemoveBlobAsync(route.Name, digest, context.RequestAborted).ConfigureAwait(false))
            await context.FailAsync(RegistryFault.BlobUnknown(route.Argument)).ConfigureAwait(false);
        else
            context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private async ValueTask<long?> FindAsync(string repository, Digest digest, CancellationToken cancellationToken) =>
        await state.Index.HasBlobAsync(repository, digest, cancellationToken).ConfigureAwait(false)
            ? (await state.Content.FindAsync(digest, cancellationToken).ConfigureAwait(false))?.Size
            : null;

    private async Task ServeAsync(HttpContext context, Digest digest, long size)
    {
        if (!TryBegin(context, digest, size, out var range))
            return;
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        var content = await state.Content.OpenReadAsync(digest, context.RequestAborted).ConfigureAwait(false);
        await using (content.ConfigureAwait(false))
        {
            if (range.Start > 0)
                content.Seek(range.Start, SeekOrigin.Begin);
            RegistryTelemetry.BytesSent(await BlobSender.SendAsync(context, content, range.Length).ConfigureAwait(false));
        }
    }

    private static async Task ServeUpstreamAsync(HttpContext context, RegistryRoute route, PullThrough upstream, Descriptor blob)
    {
        if (!TryBegin(context, blob.Digest, blob.Size, out var range) || HttpMethods.IsHead(context.Request.Method))
            return;
        // Nothing is sent before this: the status can still become another.
        if (await upstream.OpenBlobAsync(route.Name, blob, range, context.RequestAborted).ConfigureAwait(false) is not { } source)
        {
            context.Response.Clear();
            FailureResponse.SetCommonHeaders(context);
            await context.FailAsync(RegistryFault.BlobUnknown(route.Argument)).ConfigureAwait(false);
            return;
        }
        await using (source.ConfigureAwait(false))
            RegistryTelemetry.BytesSent(await source.SendAsync(context).ConfigureAwait(false));
    }

    /// <summary>Sets status and headers.</summary>
    /// <returns>Whether a body follows; its part is set to be the whole without a range.</returns>
    private static bool TryBegin(HttpContext context, Digest digest, long size, out ByteRange range)
    {
        var (request, response) = (context.Request, context.Response);
        range = new ByteRange(0, size);
        string tag = EntityTags.Of(digest);
        response.Headers[RegistryResponse.DigestHeader] = digest.ToString();
        response.Headers.ETag = tag;
        response.Headers.AcceptRanges = "bytes";
        // What a digest names never changes; who may see it may.
        response.Headers.CacheControl = "private, max-age=31536000, immutable";
        if (request.Headers.IfNoneMatch is { Count: > 0 } known && EntityTags.Matches(known.ToString(), tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return false;
        }
        response.ContentType = ContentType;
        bool isRangeWanted = HttpMethods.IsGet(request.Method) && request.Headers.Range.Count > 0
            && (request.Headers.IfRange.Count == 0 || request.Headers.IfRange.ToString() == tag);
        switch (isRangeWanted ? ByteRange.TryParse(request.Headers.Range.ToString(), size, out var part) : null)
        {
            case true:
                ByteRange.TryParse(request.Headers.Range.ToString(), size, out range);
                response.StatusCode = StatusCodes.Status206PartialContent;
                response.Headers.ContentRange = $"bytes {range.Start}-{range.End}/{size}";
                break;
            case false:
                response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
                response.Headers.ContentRange = $"bytes */{size}";
                response.ContentType = null;
                return false;
        }
        response.ContentLength = range.Length;
        return true;
    }
}
