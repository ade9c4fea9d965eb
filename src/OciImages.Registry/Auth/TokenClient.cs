using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;
using OciImages.Registry.Http;

namespace OciImages.Registry.Auth;

/// <summary>
/// Trades credentials for access tokens at the service that a registry names. Distribution's "Docker Registry v2 authentication using
/// OAuth2", and its older form by <c>GET</c>, which every registry speaks.
/// </summary>
internal sealed class TokenClient(
    HttpTransport transport, RedirectFollower redirects, FailureReader failures, HostPolicy policy, RegistryClientOptions options, ILogger logger)
{
    private const string ClientId = "oci-images";

    /// <summary>Fetches a token.</summary>
    /// <param name="registry">The registry that it is for.</param>
    /// <param name="challenge">What the registry asked for.</param>
    /// <param name="scopes">The scopes.</param>
    /// <param name="credential">The credentials for that registry; null to go on anonymously.</param>
    /// <param name="problem">Why credentials are missing, to be kept with the token; null for no such reason.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="RegistryException">There is none to be had.</exception>
    public async Task<AccessToken> FetchAsync(
        RegistryEndpoint registry, Challenge challenge, IReadOnlyList<string> scopes, RegistryCredential? credential, string? problem,
        CancellationToken cancellationToken)
    {
        var realm = CheckedRealm(registry, challenge);
        string sentence = $"Cannot get an access token for {registry.Domain.Name} from {realm.Authority}";
        try
        {
            var parsed = await AskAsync(registry, realm, challenge.Service, scopes, credential, sentence, cancellationToken).ConfigureAwait(false);
            if (parsed.RefreshToken is { } refreshToken)
                options.RefreshTokenReceived?.Invoke(refreshToken);
            // Our clock at receipt, not the service's at issue: they need not agree.
            var margin = TimeSpan.FromTicks(Math.Min(parsed.Lifetime.Ticks / 4, TimeSpan.FromSeconds(30).Ticks));
            RegistryLog.TokenFetched(
                logger, registry.Domain.Name, Origin.Redact(realm), string.Join(' ', scopes), credential?.UserName ?? "anonymous", parsed.Lifetime);
            return new AccessToken(new AuthenticationHeaderValue("Bearer", parsed.Token), options.TimeProvider.GetUtcNow() + parsed.Lifetime - margin)
            {
                Problem = problem,
            };
        }
        catch (RedirectException e)
        {
            throw new RegistryException(OciErrorKind.Unauthorized, $"{sentence}: {e.Message}.");
        }
        catch (Exception e) when (TransportFailure.Is(e))
        {
            throw FailureReader.Translate(e, sentence, realm.Authority);
        }
    }

    private async Task<TokenResponse> AskAsync(
        RegistryEndpoint registry, Uri realm, string? service, IReadOnlyList<string> scopes, RegistryCredential? credential, string sentence,
        CancellationToken cancellationToken)
    {
        string? refreshToken = CredentialKind.RefreshTokenOf(credential);
        string? basic = CredentialKind.BasicOf(credential);
        var response = refreshToken is null
            ? await GetAsync().ConfigureAwait(false)
            : await PostAsync("refresh_token", ("refresh_token", refreshToken)).ConfigureAwait(false);

        // Services that know only one of the two forms: GCR (404), Artifactory (401), ACR (400) know no POST for some credentials.
        if (refreshToken is not null && IsUnknownForm(response.StatusCode, HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized))
        {
            basic ??= CredentialKind.Basic(credential?.UserName is { Length: > 0 } user ? user : "<token>", refreshToken);
            response.Dispose();
            response = await GetAsync().ConfigureAwait(false);
        }
        else if (refreshToken is null && basic is not null && IsUnknownForm(response.StatusCode))
        {
            response.Dispose();
            response = await PostAsync("password", ("username", credential!.UserName!), ("password", credential.Password!)).ConfigureAwait(false);
        }
        return await ReadAsync(response, sentence, credential, cancellationToken).ConfigureAwait(false);

        Task<HttpResponseMessage> GetAsync()
        {
            var url = TokenUrl(realm, service, scopes, basic is null ? null : credential?.UserName, isOffline: options.RefreshTokenReceived is not null);
            var authorization = basic is null ? null : new AuthenticationHeaderValue("Basic", basic);
            return redirects.SendAsync(static url => new HttpRequestMessage(HttpMethod.Get, url), url, authorization, registry, repeatsBodies: false, cancellationToken);
        }

        Task<HttpResponseMessage> PostAsync(string grantType, params ReadOnlySpan<(string Name, string Value)> secrets)
        {
            List<KeyValuePair<string, string>> form = [new("grant_type", grantType), new("client_id", ClientId), new("service", service ?? "")];
            if (scopes.Count > 0)
                form.Add(new("scope", string.Join(' ', scopes)));
            if (options.RefreshTokenReceived is not null)
                form.Add(new("access_type", "offline"));
            foreach (var (name, value) in secrets)
                form.Add(new(name, value));
            // Secrets in a body are never redirected.
            return redirects.SendAsync(
                url => new HttpRequestMessage(HttpMethod.Post, url) { Content = new FormUrlEncodedContent(form) }, realm, null, registry, repeatsBodies: false, cancellationToken);
        }
    }

    private async Task<TokenResponse> ReadAsync(
        HttpResponseMessage response, string sentence, RegistryCredential? credential, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            var failure = await failures.ReadAsync(response, sentence, "it", isAboutRepository: false, Secrets.Of(credential), cancellationToken)
                .ConfigureAwait(false);
            throw Explain(failure, sentence, credential);
        }
        using var body = await transport.OpenBodyAsync(response, cancellationToken).ConfigureAwait(false);
        var (bytes, isMore) = await body.ReadUpToAsync(options.MaxTokenSize, cancellationToken).ConfigureAwait(false);
        if (isMore)
            throw new RegistryException(OciErrorKind.InvalidInput, $"{sentence}: its answer is larger than {options.MaxTokenSize} bytes.");
        return TokenResponse.Parse(bytes)
            ?? throw new RegistryException(OciErrorKind.InvalidInput, $"{sentence}: its answer holds no usable token.");
    }

    private static RegistryException Explain(RegistryException failure, string sentence, RegistryCredential? credential)
    {
        if (failure.Kind is not (OciErrorKind.Unauthorized or OciErrorKind.Forbidden))
            return failure;
        string who = credential is null ? "it wants credentials, and there are none"
            : credential.UserName is { Length: > 0 } user ? $"it refuses the credentials of {PlainText.Clean(user, 100)}"
            : "it refuses the credentials";
        return new RegistryException(failure.Kind, $"{sentence}: {who} ({FailureReader.Words(failure.StatusCode!.Value, failure.Errors)}).")
        {
            StatusCode = failure.StatusCode,
            Errors = failure.Errors,
        };
    }

    private static bool IsUnknownForm(HttpStatusCode status, params ReadOnlySpan<HttpStatusCode> others) =>
        status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed || others.Contains(status);

    private Uri CheckedRealm(RegistryEndpoint registry, Challenge challenge)
    {
        if (!Uri.TryCreate(challenge.Realm, UriKind.Absolute, out var realm))
        {
            throw new RegistryException(
                OciErrorKind.Unauthorized,
                $"Cannot log in to {registry.Domain.Name}: it names \"{PlainText.Clean(challenge.Realm, 100)}\" as its token service, which is no URL.");
        }
        return policy.RealmRefusal(realm, registry) is { } refusal
            ? throw new RegistryException(
                OciErrorKind.Unauthorized,
                $"Cannot log in to {registry.Domain.Name}: the token service {PlainText.Clean($"{realm.Scheme}://{realm.Authority}", 200)} "
                    + $"is refused: {refusal}.")
            : realm;
    }

    private static Uri TokenUrl(Uri realm, string? service, IReadOnlyList<string> scopes, string? account, bool isOffline)
    {
        var query = new List<string>();
        if (realm.Query.Length > 1)
            query.Add(realm.Query[1..]);
        if (!string.IsNullOrEmpty(account))
            query.Add($"account={Uri.EscapeDataString(account)}");
        if (!string.IsNullOrEmpty(service))
            query.Add($"service={Uri.EscapeDataString(service)}");
        if (isOffline)
            query.Add($"client_id={ClientId}&offline_token=true");
        query.AddRange(scopes.Select(scope => $"scope={Uri.EscapeDataString(scope)}"));
        return new UriBuilder(realm) { Query = string.Join('&', query), Fragment = "" }.Uri;
    }
}
