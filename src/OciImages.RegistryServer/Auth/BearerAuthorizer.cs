using Microsoft.AspNetCore.Http;

namespace OciImages.RegistryServer.Auth;

/// <summary>
/// Docker's token authentication: a request without a token, or with one that does not suffice, is sent to the token service by a
/// challenge that names realm, service and scope. The host judges tokens.
/// </summary>
/// <threadsafety>Safe to share, when the callback is.</threadsafety>
public sealed class BearerAuthorizer : IRegistryAuthorizer
{
    private const string Scheme = "Bearer ";
    private const int MaxTokenLength = 64 << 10;

    private readonly string _start;
    private readonly Func<string, IReadOnlyList<RegistryAccess>, CancellationToken, ValueTask<BearerVerdict>> _judge;

    /// <summary>Makes an authorizer.</summary>
    /// <param name="realm">The token service's URL.</param>
    /// <param name="service">The name of this registry at the token service.</param>
    /// <param name="judge">Gets the token and what the request needs, and says what the token is worth.</param>
    /// <exception cref="ArgumentException">Realm or service cannot stand in a header.</exception>
    public BearerAuthorizer(
        string realm, string service, Func<string, IReadOnlyList<RegistryAccess>, CancellationToken, ValueTask<BearerVerdict>> judge)
    {
        ArgumentNullException.ThrowIfNull(judge);
        _start = $"Bearer realm=\"{ChallengeText.Check(realm)}\",service=\"{ChallengeText.Check(service)}\"";
        _judge = judge;
    }

    /// <inheritdoc/>
    public async ValueTask<RegistryAuthorization> AuthorizeAsync(
        HttpContext context, IReadOnlyList<RegistryAccess> access, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        string header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return Challenge(access, null);
        if (header.Length > MaxTokenLength)
            return Challenge(access, "invalid_token");
        return await _judge(header[Scheme.Length..].Trim(), access, cancellationToken).ConfigureAwait(false) switch
        {
            BearerVerdict.Sufficient => RegistryAuthorization.Allowed,
            BearerVerdict.Insufficient => Challenge(access, "insufficient_scope"),
            _ => Challenge(access, "invalid_token"),
        };
    }

    private RegistryAuthorization Challenge(IReadOnlyList<RegistryAccess> access, string? error)
    {
        string scope = string.Join(' ', access.Select(one => one.ToString()).Where(text => text.Length > 0));
        return RegistryAuthorization.Challenged(
            $"{_start}{(scope.Length > 0 ? $",scope=\"{scope}\"" : "")}{(error is null ? "" : $",error=\"{error}\"")}");
    }
}
