using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;
using OciImages.Registry.Http;

namespace OciImages.Registry.Auth;

/// <summary>Answers the challenges of registries, and remembers them so that the next request brings its token along.</summary>
/// <threadsafety>Safe for use by many threads; nothing here belongs to one request.</threadsafety>
internal sealed class Authenticator(TokenClient client, RegistryClientOptions options, ILogger logger) : IDisposable
{
    private const int MaxRegistries = 1024;
    private static readonly TimeSpan CredentialLifetime = TimeSpan.FromMinutes(5);

    private readonly TokenCache _tokens = new(options.TimeProvider);
    private readonly ConcurrentDictionary<string, Challenge> _challenges = new();

    /// <summary>What a request should carry from the start; null when the registry has asked for nothing yet.</summary>
    public ValueTask<GrantedToken?> PrepareAsync(
        RegistryEndpoint registry, string? repository, IReadOnlyList<TokenScope> scopes, CancellationToken cancellationToken) =>
        _challenges.TryGetValue(registry.Domain.Name, out var challenge)
            ? AuthorizeAsync(registry, repository, challenge, TokenScope.Join(scopes, challenge.Scope, foreseen: true), cancellationToken)
            : default;

    /// <summary>What a request should carry after it was refused.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="repository">The repository that the request is about; null for none.</param>
    /// <param name="scopes">What the request needs.</param>
    /// <param name="challenges">The registry's challenges.</param>
    /// <param name="refused">What the request carried; null for nothing.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The answer; null when there is none that has not been refused.</returns>
    public async ValueTask<GrantedToken?> AnswerAsync(
        RegistryEndpoint registry, string? repository, IReadOnlyList<TokenScope> scopes, IReadOnlyList<Challenge> challenges,
        GrantedToken? refused, CancellationToken cancellationToken)
    {
        if (refused is not null)
            _tokens.Invalidate(refused.Key, refused.Token);
        var challenge = challenges.FirstOrDefault(challenge => challenge.IsBearer) ?? challenges.FirstOrDefault(challenge => challenge.IsBasic);
        if (challenge is null)
            return null;
        if (_challenges.Count >= MaxRegistries)
            _challenges.Clear();
        _challenges[registry.Domain.Name] = challenge;

        var wanted = TokenScope.Join(scopes, challenge.Scope, foreseen: false);
        return refused is { IsFresh: true } && refused.Key == KeyOf(registry, repository, challenge, wanted)
            ? null
            : await AuthorizeAsync(registry, repository, challenge, wanted, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _tokens.Dispose();

    private static TokenKey KeyOf(RegistryEndpoint registry, string? repository, Challenge challenge, IReadOnlyList<string> scopes) => new(
        registry.Domain.Name,
        repository ?? "",
        challenge.IsBearer ? "Bearer" : "Basic",
        challenge.Realm ?? "",
        challenge.Service ?? "",
        challenge.IsBearer ? string.Join(' ', scopes.Order(StringComparer.Ordinal)) : "");

    private async ValueTask<GrantedToken?> AuthorizeAsync(
        RegistryEndpoint registry, string? repository, Challenge challenge, IReadOnlyList<string> scopes, CancellationToken cancellationToken)
    {
        var key = KeyOf(registry, repository, challenge, scopes);
        var (token, isFresh) = await _tokens.GetAsync(
            key, lifetime => FetchAsync(registry, repository, challenge, scopes, lifetime), cancellationToken).ConfigureAwait(false);
        return new GrantedToken(token, key, isFresh);
    }

    private async Task<AccessToken> FetchAsync(
        RegistryEndpoint registry, string? repository, Challenge challenge, IReadOnlyList<string> scopes, CancellationToken cancellationToken)
    {
        var (credential, problem) = await FindCredentialAsync(registry, repository, cancellationToken).ConfigureAwait(false);
        if (challenge.IsBearer && credential?.RegistryToken is { Length: > 0 } registryToken)
            return Lasting("Bearer", registryToken);
        try
        {
            if (challenge.IsBearer)
                return await client.FetchAsync(registry, challenge, scopes, credential, problem, cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryException e) when (problem is not null && e.Kind is OciErrorKind.Unauthorized or OciErrorKind.Forbidden)
        {
            throw e.WithRemark(problem);
        }
        return CredentialKind.BasicOf(credential) is { } basic
            ? Lasting("Basic", basic)
            : throw new RegistryException(
                OciErrorKind.Unauthorized,
                $"The registry {registry.Domain.Name} wants a user name and a password, and there are none for it{(problem is null ? "" : $" ({problem})")}.")
            {
                StatusCode = System.Net.HttpStatusCode.Unauthorized,
            };
    }

    // Public images must not become unavailable because a helper program is not installed here: like Docker, go on without.
    private async Task<(RegistryCredential? Credential, string? Problem)> FindCredentialAsync(
        RegistryEndpoint registry, string? repository, CancellationToken cancellationToken)
    {
        if (options.Credentials is null)
            return default;
        try
        {
            return (await options.Credentials.FindAsync(registry.Domain.Name, repository, cancellationToken).ConfigureAwait(false), null);
        }
        catch (OciException e)
        {
            RegistryLog.CredentialsFailed(logger, registry.Domain.Name, e.Message);
            return (null, $"its credentials cannot be had: {e.Message.TrimEnd('.')}");
        }
    }

    private AccessToken Lasting(string scheme, string secret) =>
        new(new AuthenticationHeaderValue(scheme, secret), options.TimeProvider.GetUtcNow() + CredentialLifetime);
}
