using System.Net;
using Microsoft.Extensions.Logging;
using OciImages.Registry.Auth;
using OciImages.Registry.Blobs;
using OciImages.Registry.Http.Mirrors;
using OciImages.Registry.Uploads;

namespace OciImages.Registry.Http;

/// <summary>
/// The way of every request: find the registry's endpoint, authorize, send, follow redirects, answer a challenge, judge the status,
/// and try again what may pass.
/// </summary>
/// <threadsafety>Safe for use by many threads; what belongs to one request is in its <see cref="RegistryRequest"/>.</threadsafety>
internal sealed class RegistryHttp : IDisposable
{
    // A challenge, a token from the cache that proves stale, a fresh one: more rounds would only repeat themselves.
    private const int MaxAuthorizations = 3;

    private readonly HttpTransport _transport;
    private readonly RedirectFollower _redirects;
    private readonly EndpointLocator _endpoints;
    private readonly Authenticator _authenticator;
    private readonly FailureReader _failures;
    private readonly HostPolicy _policy;
    private readonly WarningHeaders _warnings;
    private readonly MirrorRouter _mirrors;

    private RegistryHttp(HttpTransport transport, RegistryClientOptions options, ILogger logger)
    {
        Options = options;
        Logger = logger;
        _transport = transport;
        _policy = new HostPolicy(options);
        _redirects = new RedirectFollower(transport, _policy, options);
        _endpoints = new EndpointLocator(transport, _policy, logger);
        _failures = new FailureReader(transport, options);
        _warnings = new WarningHeaders(logger);
        _authenticator = new Authenticator(new TokenClient(transport, _redirects, _failures, _policy, options, logger), options, logger);
        _mirrors = new MirrorRouter(options, transport, logger);
    }

    public RegistryClientOptions Options { get; }

    public ILogger Logger { get; }

    /// <summary>How registries take blobs.</summary>
    public UploadMemory Uploads { get; } = new();

    /// <summary>Held while a list of referrers is changed: whoever reads one and writes it back must not undo another's change.</summary>
    public SemaphoreSlim ReferrerTags { get; } = new(1, 1);

    /// <summary>Which registries give blobs by ranges.</summary>
    public RangeMemory Ranges { get; } = new();

    public static RegistryHttp Create(HttpMessageHandler handler, bool disposeHandler, RegistryClientOptions options, ILogger logger) =>
        new(new HttpTransport(handler, disposeHandler, options, logger), options, logger);

    /// <summary>Sends until it works, and reads the answer; a body that breaks off counts as a failed attempt.</summary>
    /// <exception cref="RegistryException">It does not work.</exception>
    public async Task<T> ExecuteAsync<T>(
        RegistryRequest request, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        var schedule = new RetrySchedule(Options, Logger);
        while (true)
        {
            try
            {
                using var response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
                var result = await read(response, cancellationToken).ConfigureAwait(false);
                request.Trail?.Last?.Succeeded();
                return result;
            }
            catch (Exception e) when (e is RegistryException || TransportFailure.Is(e))
            {
                if (!TryLeaveMirror(request, e))
                    await schedule.WaitAsync(Describe(e, request), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Sends what only its status answers.</summary>
    /// <returns>True.</returns>
    public Task<bool> AskAsync(RegistryRequest request, CancellationToken cancellationToken) => ExecuteAsync(request, async (response, token) =>
    {
        await WebPage.RefuseAsync(this, request, response, token).ConfigureAwait(false);
        return true;
    }, cancellationToken);

    /// <summary>Deletes something; what is not there any more after a lost answer counts as deleted.</summary>
    /// <returns>Whether it was there.</returns>
    public async Task<bool> DeleteAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryException e) when (e.Kind == OciErrorKind.NotFound)
        {
            return false;
        }
    }

    /// <summary>Makes one attempt.</summary>
    /// <returns>An answer with a status that the request accepts; the caller disposes it.</returns>
    /// <exception cref="RegistryException">Any other answer, or none.</exception>
    public async Task<HttpResponseMessage> SendAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        try
        {
            if (request.ForeignUrl is { } url)
                return await SendElsewhereAsync(
                    request, url, new RegistryEndpoint(request.Domain, url) { IsForeign = true }, cancellationToken).ConfigureAwait(false);
            return request.Storage is { } storage
                ? await SendElsewhereAsync(request, storage.Url, storage.NamedBy, cancellationToken).ConfigureAwait(false)
                : await SendToRegistryAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (RedirectException e)
        {
            throw Failure(request, OciErrorKind.Forbidden, e.Message);
        }
        catch (Exception e) when (TransportFailure.Is(e))
        {
            throw Describe(e, request);
        }
    }

    /// <summary>Leaves the mirror that answered a request last, for the rest of its operation.</summary>
    /// <returns>Whether it was a mirror.</returns>
    public bool TryLeaveMirror(RegistryRequest request, Exception reason) => _mirrors.TryLeave(request, reason);

    /// <summary>Opens the body of an answer; it owns the answer.</summary>
    public Task<ResponseBody> OpenBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        _transport.OpenBodyAsync(response, cancellationToken);

    /// <summary>Why content must not be fetched from a URL that a manifest names; null when it may.</summary>
    public string? ForeignRefusal(Uri url) => _policy.ForeignRefusal(url);

    /// <summary>Finds where the registry says to go on, by the <c>Location</c> of an answer, and whether that may be.</summary>
    /// <returns>The URL; null when the answer names none.</returns>
    /// <exception cref="RegistryException">It must not be used.</exception>
    public async Task<Uri?> LocationOfAsync(RegistryRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.Headers.NonValidated.TryGetValues("Location", out var values) || values.ToString() is not { Length: > 0 } text)
            return null;
        var from = response.RequestMessage!.RequestUri!;
        if (!Uri.TryCreate(from, text, out var to))
            throw Failure(request, OciErrorKind.InvalidInput, "the registry continues at no URL");
        to = Origin.KeepTls(from, to);
        var registry = await _endpoints.FindAsync(request.Domain, cancellationToken).ConfigureAwait(false);
        return _policy.RedirectRefusal(from, to, registry) is { } refusal
            ? throw Failure(request, OciErrorKind.Forbidden, $"the upload's place at {PlainText.Clean($"{to.Scheme}://{to.Authority}", 200)} is refused: {refusal}")
            : to;
    }

    /// <summary>The failure of a request by what its answer was; another attempt heals what a mirror did.</summary>
    public static RegistryException Failure(RegistryRequest request, OciErrorKind kind, string reason) =>
        request.Trail?.Last is { } mirror
            ? new(kind, $"{SentenceOf(request)} from the mirror {mirror.Endpoint.Domain.Name}: {reason}.") { Transient = true }
            : new(kind, $"{SentenceOf(request)}: {reason}.");

    /// <summary>The failure of a request by an exception of its exchange.</summary>
    public static RegistryException Describe(Exception exception, RegistryRequest request) =>
        exception as RegistryException
        ?? FailureReader.Translate(exception, SentenceOf(request), (request.ForeignUrl ?? request.Storage?.Url ?? request.Location)?.Authority ?? request.Domain.Authority);

    /// <summary>The failure of a request at one endpoint by an exception of its exchange.</summary>
    public static RegistryException Describe(Exception exception, RegistryRequest request, RegistryEndpoint endpoint) => exception switch
    {
        RegistryException known => known,
        RedirectException redirect => Failure(request, OciErrorKind.Forbidden, redirect.Message),
        _ => FailureReader.Translate(exception, SentenceOf(request), endpoint.Url.Authority),
    };

    public void Dispose()
    {
        _authenticator.Dispose();
        ReferrerTags.Dispose();
        _transport.Dispose();
    }

    private static string SentenceOf(RegistryRequest request) => $"Cannot {request.Action} {request.Place}";

    // Why a token was wanted, for its failure.
    private static string PurposeOf(RegistryRequest request) => $"needed to {request.Action} {request.Place}";

    private async Task<HttpResponseMessage> SendElsewhereAsync(
        RegistryRequest request, Uri url, RegistryEndpoint place, CancellationToken cancellationToken)
    {
        var response = await _redirects.SendAsync(request.CreateMessage, url, null, place, repeatsBodies: false, cancellationToken).ConfigureAwait(false);
        return await JudgeAsync(request, place, response, null, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendToRegistryAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        if (await _mirrors.TrySendAsync(request, mirror => AuthorizedAsync(request, mirror, cancellationToken), cancellationToken)
            .ConfigureAwait(false) is { } mirrored)
            return mirrored;
        RegistryEndpoint? registry = null;
        try
        {
            registry = await _endpoints.FindAsync(request.Domain, cancellationToken).ConfigureAwait(false);
            var response = await AuthorizedAsync(request, registry, cancellationToken).ConfigureAwait(false);
            MirrorRouter.Watch(request, response);
            return response;
        }
        catch (Exception e) when (TransportFailure.Is(e))
        {
            if (registry is not null)
                _endpoints.Suspect(registry);
            // A mirror that rests is better than nobody.
            if (await _mirrors.TrySendAsync(request, mirror => AuthorizedAsync(request, mirror, cancellationToken), cancellationToken, isLastResort: true)
                .ConfigureAwait(false) is { } answer)
                return answer;
            throw;
        }
    }

    private async Task<HttpResponseMessage> AuthorizedAsync(RegistryRequest request, RegistryEndpoint registry, CancellationToken cancellationToken)
    {
        var url = request.Location ?? registry.UrlOf(request.Target);
        var scopes = registry.ScopesOf(request.Scopes);
        GrantedToken? authorization = null;
        try
        {
            if (registry.IsOriginOf(url))
                authorization = await _authenticator.PrepareAsync(registry, registry.PathOf(request.Repository), scopes, cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryException e)
        {
            throw e.WithRemark(PurposeOf(request));
        }
        for (int round = 1; ; round++)
        {
            var response = await _redirects.SendAsync(
                CreateMessage, url, authorization?.Token.Header, registry, repeatsBodies: true, cancellationToken).ConfigureAwait(false);
            // Only the registry itself may challenge: storage that it redirected to gets no token.
            bool isChallenge = response.StatusCode == HttpStatusCode.Unauthorized
                && registry.IsOriginOf(response.RequestMessage?.RequestUri)
                && round < MaxAuthorizations;
            var answer = isChallenge
                ? await AnswerAsync(request, registry, response, authorization, cancellationToken).ConfigureAwait(false)
                : null;
            if (answer is null)
                return await JudgeAsync(request, registry, response, authorization, cancellationToken).ConfigureAwait(false);
            response.Dispose();
            authorization = answer;
        }

        HttpRequestMessage CreateMessage(Uri place)
        {
            var message = request.CreateMessage(place);
            // The user's own headers are for registries: storage and token services get none.
            foreach (var (name, value) in registry.IsOriginOf(place) ? Options.Headers.AsEnumerable() : [])
                message.Headers.TryAddWithoutValidation(name, value);
            return message;
        }
    }

    private async Task<GrantedToken?> AnswerAsync(
        RegistryRequest request, RegistryEndpoint registry, HttpResponseMessage refusal, GrantedToken? refused, CancellationToken cancellationToken)
    {
        try
        {
            var challenges = await ChallengesAsync(registry, refusal, cancellationToken).ConfigureAwait(false);
            return await _authenticator.AnswerAsync(
                registry, registry.PathOf(request.Repository), registry.ScopesOf(request.Scopes), challenges, refused, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (RegistryException e)
        {
            refusal.Dispose();
            throw e.WithRemark(PurposeOf(request));
        }
        catch
        {
            refusal.Dispose();
            throw;
        }
    }

    // GCR may refuse a blob without saying what it wants; its root says it.
    private async Task<IReadOnlyList<Challenge>> ChallengesAsync(
        RegistryEndpoint registry, HttpResponseMessage refusal, CancellationToken cancellationToken)
    {
        var challenges = ChallengeParser.Parse(refusal);
        if (challenges.Count > 0)
            return challenges;
        using var root = await _transport.SendAsync(new HttpRequestMessage(HttpMethod.Get, registry.UrlOf("/v2/")), cancellationToken)
            .ConfigureAwait(false);
        return root.StatusCode == HttpStatusCode.Unauthorized ? ChallengeParser.Parse(root) : [];
    }

    private async Task<HttpResponseMessage> JudgeAsync(
        RegistryRequest request, RegistryEndpoint registry, HttpResponseMessage response, GrantedToken? authorization,
        CancellationToken cancellationToken)
    {
        _warnings.Report(registry.Domain, response);
        if (response.IsSuccessStatusCode || response.StatusCode == request.AlsoAccepted)
            return response;
        var answered = response.RequestMessage!.RequestUri!;
        string speaker = !registry.IsOriginOf(answered) ? $"{answered.Authority}, where it redirects to,"
            : registry.IsForeign ? answered.Authority
            : registry.IsMirror ? $"the mirror {answered.Authority}"
            : "the registry";
        var failure = await _failures.ReadAsync(
            response, SentenceOf(request), speaker, request.Repository is not null, Secrets.Of(authorization?.Token.Header, Options.Headers.Values),
            cancellationToken)
            .ConfigureAwait(false);
        throw authorization?.Token.Problem is { } problem && failure.Kind is OciErrorKind.Unauthorized or OciErrorKind.Forbidden
            ? failure.WithRemark(problem)
            : failure;
    }
}
