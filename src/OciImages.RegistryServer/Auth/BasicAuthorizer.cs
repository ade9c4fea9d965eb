using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace OciImages.RegistryServer.Auth;

/// <summary>HTTP's Basic authentication (RFC 7617): whoever knows a user's password may do everything.</summary>
/// <threadsafety>Safe to share, when the callback is.</threadsafety>
public sealed class BasicAuthorizer : IRegistryAuthorizer
{
    private const string Scheme = "Basic ";
    private const int MaxCredentialLength = 4096;

    private readonly Func<string, string, CancellationToken, ValueTask<bool>> _verify;
    private readonly string _challenge;

    /// <summary>Makes an authorizer that asks the host.</summary>
    /// <param name="verify">Gets user and password, and says whether they are right.</param>
    /// <param name="realm">What the password is for, as shown to users; no quotes, backslashes or control characters.</param>
    /// <exception cref="ArgumentException">The realm is malformed.</exception>
    public BasicAuthorizer(Func<string, string, CancellationToken, ValueTask<bool>> verify, string realm = "registry")
    {
        ArgumentNullException.ThrowIfNull(verify);
        _verify = verify;
        _challenge = $"Basic realm=\"{ChallengeText.Check(realm)}\", charset=\"UTF-8\"";
    }

    /// <summary>Makes an authorizer with a fixed list of users.</summary>
    /// <param name="passwords">The passwords by user, in plain text; only their hashes are kept.</param>
    /// <param name="realm">What the password is for, as shown to users.</param>
    public BasicAuthorizer(IReadOnlyDictionary<string, string> passwords, string realm = "registry")
        : this(Verifier(passwords), realm)
    {
    }

    /// <summary>Whether requests without credentials may pull.</summary>
    /// <value>Default: false.</value>
    public bool AllowAnonymousPull { get; init; }

    /// <inheritdoc/>
    public async ValueTask<RegistryAuthorization> AuthorizeAsync(
        HttpContext context, IReadOnlyList<RegistryAccess> access, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        string header = context.Request.Headers.Authorization.ToString();
        // GET /v2/ asks for nothing, but is where clients learn that there are credentials to send.
        if (header.Length == 0 && AllowAnonymousPull && access.All(one => one.Actions == RegistryAction.Pull))
            return RegistryAuthorization.Allowed;
        return Parse(header) is var (user, password) && await _verify(user, password, cancellationToken).ConfigureAwait(false)
            ? RegistryAuthorization.Allowed
            : RegistryAuthorization.Challenged(_challenge);
    }

    private static (string User, string Password)? Parse(string header)
    {
        if (header.Length > MaxCredentialLength || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        byte[] bytes = new byte[header.Length];
        if (!Convert.TryFromBase64Chars(header.AsSpan(Scheme.Length).Trim(), bytes, out int length))
            return null;
        string text = Encoding.UTF8.GetString(bytes, 0, length);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : (text[..colon], text[(colon + 1)..]);
    }

    private static Func<string, string, CancellationToken, ValueTask<bool>> Verifier(IReadOnlyDictionary<string, string> passwords)
    {
        ArgumentNullException.ThrowIfNull(passwords);
        byte[] key = RandomNumberGenerator.GetBytes(32);
        var hashes = passwords.ToDictionary(pair => pair.Key, pair => Hash(pair.Value), StringComparer.Ordinal);
        byte[] nobody = RandomNumberGenerator.GetBytes(32);
        // An unknown user takes as long as a wrong password.
        return (user, password, _) => ValueTask.FromResult(
            CryptographicOperations.FixedTimeEquals(hashes.GetValueOrDefault(user, nobody), Hash(password)));

        byte[] Hash(string password) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(password));
    }
}
