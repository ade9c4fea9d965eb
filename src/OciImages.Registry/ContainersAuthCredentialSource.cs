using OciImages.Registry.Auth;
using OciImages.Registry.Http;

namespace OciImages.Registry;

/// <summary>
/// Credentials as podman, skopeo and buildah keep them in <c>auth.json</c> (containers-auth.json(5)): of the helper program that
/// <c>credHelpers</c> names for the registry, else of <c>auths</c>, whose keys may be repositories or parts above them: the most
/// specific one counts.
/// </summary>
/// <threadsafety>Safe for use by many threads.</threadsafety>
public sealed class ContainersAuthCredentialSource : IRegistryCredentialSource
{
    private readonly Func<string, CredentialHelper> _helpers;

    /// <summary>Reads one file, or those where the tools look.</summary>
    /// <param name="path">
    /// The file; null for <c>$REGISTRY_AUTH_FILE</c> alone, or without that variable <c>$XDG_RUNTIME_DIR/containers/auth.json</c> (for root without
    /// it, <c>/run/containers/0/auth.json</c>) and then <c>$XDG_CONFIG_HOME/containers/auth.json</c>, by default
    /// <c>~/.config/containers/auth.json</c>. Files need not exist.
    /// </param>
    public ContainersAuthCredentialSource(string? path = null)
        : this(path, static name => new CredentialHelper(name))
    {
    }

    internal ContainersAuthCredentialSource(string? path, Func<string, CredentialHelper> helpers)
    {
        Paths = path is null ? DefaultPaths() : [path];
        _helpers = helpers;
    }

    /// <summary>The files, in the order in which they are asked.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <inheritdoc/>
    /// <exception cref="OciException">A file is malformed (<see cref="OciErrorKind.InvalidInput"/>), or its helper program failed.</exception>
    /// <exception cref="StorageException">A file is there but cannot be read.</exception>
    public async ValueTask<RegistryCredential?> FindAsync(string domain, string? repository = null, CancellationToken cancellationToken = default)
    {
        var registry = RegistryDomain.Parse(domain);
        foreach (string path in Paths)
        {
            if (await CredentialFile.ReadAsync(path, cancellationToken).ConfigureAwait(false) is not { Length: > 0 } json)
                continue;
            var document = AuthDocument.Parse(json, $"the credentials {path}");
            var found = document.HelperFor(registry, includeStore: false) is { } helper
                ? await _helpers(helper).FindAsync(domain, repository, cancellationToken).ConfigureAwait(false)
                : document.FindMostSpecific(registry, repository);
            if (found is not null)
                return found;
        }
        return null;
    }

    private static string[] DefaultPaths()
    {
        const string Tail = "containers/auth.json";
        if (Variable("REGISTRY_AUTH_FILE") is { } file)
            return [file];
        string config = Variable("XDG_CONFIG_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config");
        return Variable("XDG_RUNTIME_DIR") is { } runtime ? [Path.Combine(runtime, Tail), Path.Combine(config, Tail)]
            : Environment.IsPrivilegedProcess ? ["/run/containers/0/auth.json", Path.Combine(config, Tail)]
            : [Path.Combine(config, Tail)];
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
