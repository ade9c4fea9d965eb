using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;

namespace OciImages.Registry.Http.Mirrors;

/// <summary>Tries the mirrors of a registry in order, before anybody asks the registry itself.</summary>
/// <threadsafety>Safe for use by many threads.</threadsafety>
internal sealed class MirrorRouter(RegistryClientOptions options, HttpTransport transport, ILogger logger)
{
    // Blobs up to this size, such as image configs, are checked before anybody sees them: their readers do not fetch twice.
    private const int MaxCheckedFirst = 1024 * 1024;
    private const int MaxRegistries = 4096;

    private readonly ConcurrentDictionary<string, MirrorHost[]> _hosts = new();

    /// <summary>Sends one attempt to the mirrors that may have an answer.</summary>
    /// <param name="request">The request.</param>
    /// <param name="send">Sends to one endpoint.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="isLastResort">Whether the registry cannot be reached: then those that rest are asked, too.</param>
    /// <returns>The first good answer; null when there is none, and the registry is to be asked.</returns>
    public async Task<HttpResponseMessage?> TrySendAsync(
        RegistryRequest request, Func<RegistryEndpoint, Task<HttpResponseMessage>> send, CancellationToken cancellationToken, bool isLastResort = false)
    {
        if (options.Mirrors.Count == 0 || request is not { Trail: { } trail, MirrorUse: not RegistryMirrorCapabilities.None }
            || (request.Method != HttpMethod.Get && request.Method != HttpMethod.Head))
            return null;
        long start = request.Range?.First ?? 0;
        foreach (var host in HostsOf(request.Domain))
        {
            if (!host.Capabilities.HasFlag(request.MirrorUse) || host.IsSetAside(isLastResort) || !trail.TryBegin(host, start, isLastResort))
                continue;
            try
            {
                var response = await send(host.Endpoint).ConfigureAwait(false);
                RefuseEndless(request, response);
                if (IsSmallBlob(request, response, out var digest))
                    response = await CheckAsync(response, digest, host, cancellationToken).ConfigureAwait(false);
                else
                    Watch(request, host, response);
                if (response is null)
                    continue;
                host.Sign(response);
                trail.Answered(host, start);
                return response;
            }
            catch (Exception e) when (e is RegistryException or RedirectException || TransportFailure.Is(e))
            {
                Note(request, host, e);
            }
        }
        trail.Answered(null, start);
        return null;
    }

    /// <summary>Follows the body of the registry's answer where a mirror gave the blob's start.</summary>
    public static void Watch(RegistryRequest request, HttpResponseMessage response) => Watch(request, null, response);

    /// <summary>Leaves the mirror that answered last, for the rest of the operation: what it gave could not be used.</summary>
    /// <returns>Whether the last answer was a mirror's: then the next endpoint is to be asked.</returns>
    public bool TryLeave(RegistryRequest request, Exception reason)
    {
        if (request.Trail is not { Last: { } host } trail)
            return false;
        trail.Leave(host);
        if (reason is RegistryException { Kind: OciErrorKind.Corrupt })
            host.Poisoned(request.Target);
        Note(request, host, reason);
        return true;
    }

    private MirrorHost[] HostsOf(RegistryDomain domain)
    {
        if (_hosts.TryGetValue(domain.Name, out var hosts))
            return hosts;
        if (_hosts.Count >= MaxRegistries)
            _hosts.Clear();
        return _hosts.GetOrAdd(domain.Name, registry =>
        {
            var own = options.Mirrors.Where(mirror => mirror.Registry == registry).ToArray();
            return [.. (own.Length > 0 ? own : options.Mirrors.Where(mirror => mirror.Registry == RegistryMirror.AnyRegistry))
                .Select(mirror => new MirrorHost(mirror, registry, options, logger))
                .Where(host => host.Endpoint.Domain != domain)];
        });
    }

    // A body without an end could only be judged when its reader has had too much of it.
    private static void RefuseEndless(RegistryRequest request, HttpResponseMessage response)
    {
        if (request.Method != HttpMethod.Get || BlobOf(request) is null || response.Content.Headers.ContentLength is not null)
            return;
        response.Dispose();
        throw RegistryHttp.Failure(request, OciErrorKind.InvalidInput, "it does not say how long the blob is");
    }

    private static bool IsSmallBlob(RegistryRequest request, HttpResponseMessage response, out Digest digest)
    {
        digest = BlobOf(request) ?? default;
        return !digest.IsEmpty && request.Range is null && request.Method == HttpMethod.Get && response.StatusCode == HttpStatusCode.OK
            && response.Content.Headers.ContentLength <= MaxCheckedFirst;
    }

    /// <summary>Checks a small blob as a whole.</summary>
    /// <returns>An answer of the same bytes; null when they are wrong, and the mirror is set aside.</returns>
    private async Task<HttpResponseMessage?> CheckAsync(
        HttpResponseMessage response, Digest digest, MirrorHost host, CancellationToken cancellationToken)
    {
        using var body = await transport.OpenBodyAsync(response, cancellationToken).ConfigureAwait(false);
        var (bytes, _) = await body.ReadUpToAsync(MaxCheckedFirst, cancellationToken).ConfigureAwait(false);
        if (Digest.Compute(bytes, digest.Algorithm) != digest)
        {
            host.Poisoned($"blob {digest}");
            return null;
        }
        host.Succeeded();
        return new HttpResponseMessage { Content = new ByteArrayContent(bytes), RequestMessage = response.RequestMessage };
    }

    private static void Watch(RegistryRequest request, MirrorHost? from, HttpResponseMessage response)
    {
        // Ranges that come side by side are told to the witness by whoever puts them in order.
        if (request.Method != HttpMethod.Get || request.IsOneOfSeveral || request.Trail?.WitnessFor(BlobOf(request), from is not null) is not { } witness)
            return;
        var range = response.StatusCode == HttpStatusCode.PartialContent ? response.Content.Headers.ContentRange : null;
        response.RequestMessage!.Options.Set(
            BodyTap.Key, new BodyTap(witness, from, range?.From ?? 0, range is null ? response.Content.Headers.ContentLength : range.Length));
    }

    private void Note(RegistryRequest request, MirrorHost host, Exception failure)
    {
        var told = RegistryHttp.Describe(failure, request, host.Endpoint);
        RegistryLog.MirrorFailed(logger, told.Message, request.Domain.Name);
        // That a mirror has not everything is in its nature.
        if (told.Kind != OciErrorKind.NotFound)
            host.Failed(told.RetryAfter);
    }

    private static Digest? BlobOf(RegistryRequest request)
    {
        int blobs = request.Target.LastIndexOf("/blobs/", StringComparison.Ordinal);
        return blobs >= 0 && Digest.TryParse(request.Target[(blobs + "/blobs/".Length)..], out var digest) ? digest : null;
    }
}
