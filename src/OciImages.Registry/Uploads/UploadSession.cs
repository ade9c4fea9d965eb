using System.Globalization;
using System.Net;
using OciImages.Registry.Http;

namespace OciImages.Registry.Uploads;

/// <summary>
/// An upload that the registry has opened. Each answer may move it; the newest place counts, with whatever query it has. Every method makes one
/// attempt.
/// </summary>
internal sealed class UploadSession
{
    // Below this a refused body costs less than asking first.
    private const int AskFirstFrom = 1024 * 1024;
    private static readonly TimeSpan AbortPatience = TimeSpan.FromSeconds(5);

    private readonly RegistryHttp _http;
    private readonly RegistryRequest _push;
    private Uri _location;

    private UploadSession(RegistryHttp http, RegistryRequest push, Uri location, long minChunk) =>
        (_http, _push, _location, MinChunk) = (http, push, location, minChunk);

    /// <summary>The least bytes of a part but the last, as the registry wants it; 1 when it does not say.</summary>
    public long MinChunk { get; }

    /// <summary>How many bytes the registry has acknowledged.</summary>
    public long Confirmed { get; private set; }

    /// <summary>Whether the last request of the upload was made: the blob may be there although no answer came.</summary>
    public bool MayBeCommitted { get; private set; }

    /// <summary>Takes the session out of the answer to a <c>POST</c>.</summary>
    public static async Task<UploadSession> OfAsync(
        RegistryHttp http, RegistryRequest push, HttpResponseMessage opened, CancellationToken cancellationToken)
    {
        await WebPage.RefuseAsync(http, push, opened, cancellationToken).ConfigureAwait(false);
        var location = await http.LocationOfAsync(push, opened, cancellationToken).ConfigureAwait(false)
            ?? throw RegistryHttp.Failure(push, OciErrorKind.InvalidInput, "the registry names no place for the upload");
        bool isStated = opened.Headers.NonValidated.TryGetValues("OCI-Chunk-Min-Length", out var values);
        long minChunk = isStated && long.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long stated) ? stated : 1;
        return new UploadSession(http, push, location, Math.Max(1, minChunk));
    }

    /// <summary>Sends a part (<c>PATCH</c>).</summary>
    /// <param name="source">The content.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">How many.</param>
    /// <param name="isPart">Whether the registry is told which bytes these are; else they are all.</param>
    /// <param name="progress">Gets how many bytes are sent.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task AppendAsync(
        UploadSource source, long offset, long length, bool isPart, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var request = _push with
        {
            Method = HttpMethod.Patch,
            Location = _location,
            CreateContent = () => new UploadBody(source, offset, length, isPart, progress),
            AsksFirst = !isPart && length >= AskFirstFrom,
        };
        using var response = await SendAsync(request, source, cancellationToken).ConfigureAwait(false);
        // The Range of the answer is not believed: some registries count within the part, some stop counting.
        Confirmed = offset + length;
        _location = await _http.LocationOfAsync(_push, response, cancellationToken).ConfigureAwait(false) ?? _location;
    }

    /// <summary>Ends the upload (<c>PUT</c>), with all of the content or after it.</summary>
    /// <param name="source">The content; verified to its end before its last bytes are sent.</param>
    /// <param name="offset">The first byte to send along: 0, or the size.</param>
    /// <param name="progress">Gets how many bytes are sent.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task CommitAsync(UploadSource source, long offset, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        long length = source.Size - offset;
        string url = _location.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped);
        var request = _push with
        {
            Method = HttpMethod.Put,
            // Everything in the place's own query belongs to the registry; the digest comes behind it.
            Location = new Uri($"{url}{(_location.Query.Length > 1 ? '&' : '?')}digest={Uri.EscapeDataString(source.Digest.ToString())}"),
            CreateContent = () => new UploadBody(source, offset, length, isPart: false, progress),
            AsksFirst = length >= AskFirstFrom,
        };
        MayBeCommitted = true;
        using var response = await SendAsync(request, source, cancellationToken).ConfigureAwait(false);
        if (ContentDigestHeader.Of(response) is { } stated && stated.Algorithm == source.Digest.Algorithm && stated != source.Digest)
            throw RegistryHttp.Failure(_push, OciErrorKind.Corrupt, $"the registry stored it as {stated}");
    }

    /// <summary>Asks how many bytes the registry has (<c>GET</c>).</summary>
    /// <returns>How many; null when it does not say, or does not know the upload any more.</returns>
    public async Task<long?> QueryAsync(CancellationToken cancellationToken)
    {
        var request = _push with { Method = HttpMethod.Get, Location = _location };
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            await WebPage.RefuseAsync(_http, _push, response, cancellationToken).ConfigureAwait(false);
            _location = await _http.LocationOfAsync(_push, response, cancellationToken).ConfigureAwait(false) ?? _location;
            return UploadRange.CountOf(response);
        }
        catch (RegistryException e) when (!e.IsTransient && e.Kind is not (OciErrorKind.Unauthorized or OciErrorKind.Forbidden))
        {
            return null;
        }
    }

    /// <summary>Tells the registry that the upload will not be ended (<c>DELETE</c>). Whether it heeds that does not matter.</summary>
    public async Task AbortAsync()
    {
        using var watch = new IdleWatch(AbortPatience, _http.Options.TimeProvider);
        watch.Restart();
        try
        {
            using var response = await _http.SendAsync(_push with { Method = HttpMethod.Delete, Location = _location }, watch.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RegistryException or OperationCanceledException)
        {
            RegistryLog.UploadLeft(_http.Logger, _push.Domain.Name, Origin.Redact(_location), e.Message);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(RegistryRequest request, UploadSource source, CancellationToken cancellationToken)
    {
        try
        {
            var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            await WebPage.RefuseAsync(_http, request, response, cancellationToken).ConfigureAwait(false);
            return response;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            source.Failure?.Throw();
            throw;
        }
    }
}
