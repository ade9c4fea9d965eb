using System.Net;
using System.Net.Http.Headers;
using OciImages.Registry.Http;
using OciImages.Registry.Http.Mirrors;
using OciImages.Registry.Manifests;

namespace OciImages.Registry.Blobs;

/// <summary>Opens one blob at any offset, whatever the registry makes of ranges. One attempt a call; always from the registry's own URL.</summary>
internal sealed class BlobSource(RegistryHttp http, RegistryRequest request, Descriptor blob)
{
    private bool _rangesAreBroken;
    private volatile bool _servesRanges;
    private RedirectTarget? _storage;

    public long Size => blob.Size;

    /// <summary>The registry.</summary>
    public RegistryDomain Registry => request.Domain;

    /// <summary>Opens the blob so that the next byte read is the one at an offset.</summary>
    /// <exception cref="RegistryException">This attempt failed.</exception>
    public async Task<ResponseBody> OpenAsync(long offset, CancellationToken cancellationToken)
    {
        bool isRanged = offset > 0 && !_rangesAreBroken;
        // Closed ranges: some registries refuse open ones.
        var attempt = isRanged
            ? request with { Range = (offset, blob.Size - 1), AlsoAccepted = HttpStatusCode.RequestedRangeNotSatisfiable }
            : request;
        var response = await http.SendAsync(attempt, cancellationToken).ConfigureAwait(false);
        long skip;
        try
        {
            skip = Judge(response, offset, isRanged);
        }
        catch
        {
            response.Dispose();
            throw;
        }
        var body = await http.OpenBodyAsync(response, cancellationToken).ConfigureAwait(false);
        try
        {
            if (skip > 0 && !await body.SkipAsync(skip, cancellationToken).ConfigureAwait(false))
                throw Broken("the connection ended early");
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Opens a range of the blob, as one of several that are read side by side.</summary>
    /// <remarks>
    /// The place that the registry or a mirror redirected to serves the next ranges without anybody being asked again, as long as it does;
    /// it gets no credentials. Otherwise each range goes its own way over mirrors and registry.
    /// </remarks>
    /// <exception cref="RangeRefusedException">The registry does not serve ranges as it should.</exception>
    /// <exception cref="RegistryException">This attempt failed.</exception>
    public async Task<RangeBody> OpenRangeAsync(long first, long last, CancellationToken cancellationToken)
    {
        var ranged = request with { Range = (first, last), AlsoAccepted = HttpStatusCode.RequestedRangeNotSatisfiable, IsOneOfSeveral = true };
        var storage = _storage;
        HttpResponseMessage? response = null;
        if (storage is not null)
        {
            try
            {
                response = await http.SendAsync(ranged with { Storage = storage }, cancellationToken).ConfigureAwait(false);
            }
            catch (RegistryException e) when (!e.IsTransient || storage.Mirror is not null)
            {
                // Its signature is good for a while only, and instead of a mirror there is always another.
                ForgetStorage();
            }
        }
        bool isNew = response is null;
        var mirror = isNew ? null : storage!.Mirror;
        if (response is null)
        {
            response = await AskForRangeAsync(ranged, cancellationToken).ConfigureAwait(false);
            mirror = MirrorHost.Of(response);
        }
        try
        {
            JudgeRange(response, first, last, mirror);
        }
        catch
        {
            response.Dispose();
            throw;
        }
        _servesRanges = true;
        // What was asked directly may be forgotten for another range's failure by now: only a new redirect says where to go.
        if (isNew)
            _storage = RedirectTarget.Of(response);
        return new RangeBody(await http.OpenBodyAsync(response, cancellationToken).ConfigureAwait(false), mirror);
    }

    /// <summary>Has the next range asked for at the registry or its mirrors again.</summary>
    public void ForgetStorage() => _storage = null;

    /// <summary>Tells that a mirror gives bytes which <see cref="Delivered"/> will tell of.</summary>
    public void CameFrom(MirrorHost mirror) => request.Trail?.WitnessFor(blob.Digest, isFromMirror: true)?.Note(mirror);

    /// <summary>Tells of bytes that came by ranges, in their order, so that it shows whether mirrors give the right ones.</summary>
    public void Delivered(long position, ReadOnlySpan<byte> bytes)
    {
        if (request.Trail?.WitnessFor(blob.Digest, isFromMirror: false) is not { } witness)
            return;
        witness.Append(null, position, bytes);
        if (position + bytes.Length == blob.Size)
            witness.Complete();
    }

    /// <summary>A failure that another attempt may heal.</summary>
    public RegistryException Broken(string reason) => RegistryHttp.Failure(request, OciErrorKind.Unavailable, reason);

    /// <summary>A failure that no other attempt heals: the registry has other content.</summary>
    public RegistryException Corrupt(string reason) => RegistryHttp.Failure(request, OciErrorKind.Corrupt, reason);

    /// <summary>Leaves the mirror that answered last, for the rest of this blob.</summary>
    /// <returns>Whether there is one to leave: then others, and at last the registry, are still to be asked.</returns>
    public bool TryLeaveMirror(RegistryException failure) => http.TryLeaveMirror(request, failure);

    /// <summary>Explains a failed exchange.</summary>
    public RegistryException Describe(Exception exception) => RegistryHttp.Describe(exception, request);

    // Where ranges were served, one refusal is no more than a signature that ended, or storage that had enough for a moment.
    private async Task<HttpResponseMessage> AskForRangeAsync(RegistryRequest ranged, CancellationToken cancellationToken)
    {
        try
        {
            return await http.SendAsync(ranged, cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryException e) when (!e.IsTransient && _servesRanges)
        {
            return await http.SendAsync(ranged, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>How many bytes of the answer come before the offset.</summary>
    private long Judge(HttpResponseMessage response, long offset, bool isRanged)
    {
        var range = ContentRangeOf(response);
        long? length = response.Content.Headers.ContentLength;
        switch (response.StatusCode)
        {
            case HttpStatusCode.PartialContent:
                if (range?.From != offset || !(range.To < blob.Size))
                {
                    StopRanging(offset);
                    throw Broken("the registry answered with another range than the one asked for");
                }
                RefuseOtherSize(range.Length);
                RefuseLonger(offset + (length ?? 0));
                return 0;
            case HttpStatusCode.RequestedRangeNotSatisfiable:
                RefuseOtherSize(range?.Length);
                StopRanging(offset);
                throw Broken("the registry does not serve this range");
            default:
                if (length is not null && length != blob.Size && ManifestType.OfHeader(response) == "text/html")
                    throw WebPage.Failure(request);
                RefuseLonger(length ?? 0);
                if (isRanged)
                    StopRanging(offset);
                // It ends before the offset: not cut on the way, but shorter.
                if (offset > 0 && length <= offset)
                    RefuseOtherSize(length);
                return offset;
        }
    }

    private void JudgeRange(HttpResponseMessage response, long first, long last, MirrorHost? mirror)
    {
        var range = ContentRangeOf(response);
        if (response.StatusCode != HttpStatusCode.PartialContent || range?.From != first || range.To != last
            || response.Content.Headers.ContentLength is { } length && length != last - first + 1
            || range.Length is { } size && size != blob.Size)
            throw new RangeRefusedException(mirror?.Endpoint.Domain ?? request.Domain);
    }

    private void StopRanging(long offset)
    {
        _rangesAreBroken = true;
        RegistryLog.RangeIgnored(http.Logger, request.Domain.Name, blob.Digest.ToString(), offset);
    }

    private void RefuseOtherSize(long? size)
    {
        if (size is { } stated && stated != blob.Size)
            throw Corrupt($"it has {stated} bytes at the registry instead of the {blob.Size} that its descriptor says");
    }

    private void RefuseLonger(long end)
    {
        if (end > blob.Size)
            throw Corrupt($"the registry sends {end} bytes instead of the {blob.Size} that its descriptor says");
    }

    private static ContentRangeHeaderValue? ContentRangeOf(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("Content-Range", out var values)
        && ContentRangeHeaderValue.TryParse(values.ToString(), out var range)
        && string.Equals(range.Unit, "bytes", StringComparison.OrdinalIgnoreCase)
            ? range
            : null;
}
