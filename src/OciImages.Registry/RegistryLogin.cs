using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Registry.Auth;
using OciImages.Registry.Http;

namespace OciImages.Registry;

/// <summary>Logs in to registries and out of them, as <c>docker login</c> and <c>docker logout</c> do, in the same files.</summary>
/// <remarks>
/// A login is tried at the registry before it is stored. A token service that gives out a refresh token gets this stored instead of the
/// password. The secret goes to the helper that <c>credHelpers</c> or <c>credsStore</c> of the configuration names, else into the file,
/// readable by its owner only (but see <see cref="DetectsCredentialsStore"/>). Everything else in the file stays.
/// </remarks>
/// <threadsafety>Safe for use by many threads and processes.</threadsafety>
public sealed class RegistryLogin
{
    private readonly DockerConfigCredentialSource _config;
    private readonly RegistryClientOptions _options;
    private readonly ILoggerFactory? _loggerFactory;
    private readonly ILogger _logger;

    /// <summary>Makes one.</summary>
    /// <param name="config">The configuration to write; null for the default one.</param>
    /// <param name="options">How registries are reached; their <see cref="RegistryClientOptions.Credentials"/> are not used. Null for the defaults.</param>
    /// <param name="loggerFactory">Where it logs; null for nowhere.</param>
    public RegistryLogin(
        DockerConfigCredentialSource? config = null, RegistryClientOptions? options = null, ILoggerFactory? loggerFactory = null)
    {
        _config = config ?? new DockerConfigCredentialSource();
        _options = options ?? new RegistryClientOptions();
        _loggerFactory = loggerFactory;
        _logger = (ILogger?)loggerFactory?.CreateLogger<RegistryLogin>() ?? NullLogger.Instance;
    }

    /// <summary>
    /// Whether the first login of a configuration that says nothing about credentials takes the helper that Docker takes then, if it is in
    /// <c>PATH</c>: <c>pass</c> on Linux where that program is installed and else <c>secretservice</c>, <c>osxkeychain</c> on macOS, <c>wincred</c>
    /// on Windows. A helper that works is written into the configuration as <c>credsStore</c>; with one that fails the secret goes into the file
    /// (<see cref="RegistryLoginResult.HelperProblem"/>).
    /// </summary>
    /// <value>False: a library starts no program that nobody named.</value>
    public bool DetectsCredentialsStore { get; init; }

    /// <summary>Tries credentials at a registry and stores them.</summary>
    /// <param name="registry">The registry's domain; a URL at it is taken too, as Docker does.</param>
    /// <param name="credential">A name and a password, or an identity token.</param>
    /// <param name="cancellationToken">Cancels before anything is stored.</param>
    /// <returns>Where they are.</returns>
    /// <exception cref="ArgumentException">The credential has neither.</exception>
    /// <exception cref="RegistryException">The registry refused them (<see cref="OciErrorKind.Unauthorized"/>) or could not be reached.</exception>
    /// <exception cref="OciException">The registry's name or the configuration is malformed, or the helper failed.</exception>
    /// <exception cref="StorageException">The configuration cannot be read or written; it is as it was.</exception>
    public async Task<RegistryLoginResult> LoginAsync(string registry, RegistryCredential credential, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(credential);
        if (credential is not ({ IdentityToken.Length: > 0 } or { UserName.Length: > 0, Password: not null }))
            throw new ArgumentException("A login needs an identity token, or a name and a password.", nameof(credential));
        var domain = DomainOf(registry);
        credential = await VerifyAsync(domain, credential, cancellationToken).ConfigureAwait(false);

        var document = await _config.ReadAsync(cancellationToken).ConfigureAwait(false);
        string? helper = document?.HelperFor(domain), detected = null, problem = null;
        if (helper is not null)
            await new CredentialHelper(helper).StoreAsync(domain.Name, credential, cancellationToken).ConfigureAwait(false);
        else if (DetectsCredentialsStore && document is not { IsEmpty: false })
            (detected, problem) = await StoreByDefaultAsync(domain, credential, cancellationToken).ConfigureAwait(false);
        helper ??= detected;
        var entry = helper is null ? EntryOf(credential) : [];
        await Editor().EditAsync(
            root =>
            {
                // Docker keeps an empty entry where a helper has the secret.
                var auths = DockerConfigEditor.Member(root, "auths");
                Remove(auths, domain);
                auths[HelperServer.KeyOf(domain)] = entry;
                // Another login may have named its own meanwhile.
                if (detected is not null)
                    root["credsStore"] ??= detected;
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        return new RegistryLoginResult(domain.Name, helper, _config.Path) { HelperProblem = problem };
    }

    /// <summary>Removes the credentials of a registry; asks nothing of the registry.</summary>
    /// <param name="registry">The registry's domain; a URL at it is taken too.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether there were any.</returns>
    /// <exception cref="OciException">The registry's name or the configuration is malformed, or the helper failed.</exception>
    /// <exception cref="StorageException">The configuration cannot be read or written.</exception>
    public async Task<bool> LogoutAsync(string registry, CancellationToken cancellationToken = default)
    {
        var domain = DomainOf(registry);
        if (await _config.ReadAsync(cancellationToken).ConfigureAwait(false) is not { } document)
            return false;
        bool wasThere = false;
        if (document.HelperFor(domain) is { } name)
        {
            var helper = new CredentialHelper(name);
            wasThere = await helper.FindAsync(domain.Name, null, cancellationToken).ConfigureAwait(false) is not null;
            await helper.EraseAsync(domain.Name, cancellationToken).ConfigureAwait(false);
        }
        return await Editor().EditAsync(root => root["auths"] is JsonObject auths && Remove(auths, domain), cancellationToken).ConfigureAwait(false)
            || wasThere;
    }

    private static RegistryDomain DomainOf(string registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        int scheme = registry.IndexOf("://", StringComparison.Ordinal);
        return RegistryDomain.Parse(scheme < 0 ? registry : registry[(scheme + 3)..].Split('/')[0]);
    }

    private static bool Remove(JsonObject auths, RegistryDomain domain)
    {
        string[] keys = [.. auths.Select(member => member.Key).Where(key => AuthDocument.IsKeyOf(key, domain))];
        foreach (string key in keys)
            auths.Remove(key);
        return keys.Length > 0;
    }

    private static JsonObject EntryOf(RegistryCredential credential)
    {
        var entry = new JsonObject();
        bool isToken = credential.IdentityToken is { Length: > 0 };
        if (credential.UserName is { Length: > 0 } user)
            entry["auth"] = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{(isToken ? "" : credential.Password)}"));
        if (isToken)
            entry["identitytoken"] = credential.IdentityToken;
        return entry;
    }

    // Nobody asked for it, so that its failure is no reason to refuse a login.
    private async Task<(string? Helper, string? Problem)> StoreByDefaultAsync(
        RegistryDomain domain, RegistryCredential credential, CancellationToken cancellationToken)
    {
        if (DefaultStore.Find() is not { } name)
            return default;
        try
        {
            await new CredentialHelper(name).StoreAsync(domain.Name, credential, cancellationToken).ConfigureAwait(false);
            return (name, null);
        }
        catch (OciException e)
        {
            RegistryLog.DetectedHelperFailed(_logger, domain.Name, e.Message);
            return (null, e.Message);
        }
    }

    private DockerConfigEditor Editor() => new(_config.Path, _options.TimeProvider);

    private async Task<RegistryCredential> VerifyAsync(RegistryDomain domain, RegistryCredential credential, CancellationToken cancellationToken)
    {
        string? refreshToken = null;
        var options = _options.Freeze();
        options.Credentials = new StaticCredentialSource(domain.Name, credential);
        options.RefreshTokenReceived = token => refreshToken = token;
        using var client = new RegistryClient(options, _loggerFactory);
        await client.PingAsync(domain.Name, cancellationToken).ConfigureAwait(false);
        return refreshToken is null ? credential : new RegistryCredential { UserName = credential.UserName, IdentityToken = refreshToken };
    }
}
