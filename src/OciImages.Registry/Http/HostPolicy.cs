namespace OciImages.Registry.Http;

/// <summary>Decides which hosts a request may go to, and by which scheme. What a registry says is not trusted to choose them.</summary>
internal sealed class HostPolicy(RegistryClientOptions options)
{
    private readonly HostList _insecure = new(options.InsecureRegistries, nameof(options.InsecureRegistries));
    private readonly HostList _trusted = new(options.TrustedHosts, nameof(options.TrustedHosts));

    /// <summary>Whether plain HTTP to the host of a URL is allowed.</summary>
    public bool AllowsPlainHttp(Uri url) => PrivateAddresses.IsLoopback(url.Host) || _insecure.Contains(url);

    /// <summary>Why the URL of a token service must not be used; null when it may.</summary>
    public string? RealmRefusal(Uri realm, RegistryEndpoint registry)
    {
        if (realm.UserInfo.Length > 0)
            return "it has a user name in it";
        if (realm.Scheme == Uri.UriSchemeHttp && !(registry.IsPlainHttp && AllowsPlainHttp(realm)))
            return "it is not https";
        return SchemeRefusal(realm) ?? PrivateRefusal(realm, registry);
    }

    /// <summary>Why a redirect must not be followed; null when it may.</summary>
    public string? RedirectRefusal(Uri from, Uri to, RegistryEndpoint registry)
    {
        if (to.UserInfo.Length > 0)
            return "it has a user name in it";
        if (to.Scheme == Uri.UriSchemeHttp && from.Scheme == Uri.UriSchemeHttps && !AllowsPlainHttp(to))
            return "it leads from https to http";
        return SchemeRefusal(to) ?? PrivateRefusal(to, registry);
    }

    /// <summary>Why content must not be fetched from a URL that a manifest names; null when it may.</summary>
    public string? ForeignRefusal(Uri url)
    {
        if (url.UserInfo.Length > 0)
            return "it has a user name in it";
        if (url.Scheme == Uri.UriSchemeHttp && !_insecure.Contains(url))
            return "it is not https";
        // Whoever wrote the manifest is not the registry: a local registry gives its URLs no rights.
        return SchemeRefusal(url) ?? (PrivateAddresses.Contains(url.Host) && !IsNamed(url) ? PrivateReason : null);
    }

    /// <summary>Whether the certificate of a URL's host need not be verified: only where the user named the host.</summary>
    public bool AllowsAnyCertificate(Uri url) => _insecure.Contains(url);

    /// <summary>
    /// Whether a URL may lead only to public addresses, whatever its name resolves to: somebody else than the user chose it.
    /// </summary>
    /// <param name="url">The URL.</param>
    /// <param name="registry">The registry that names it.</param>
    public bool MustBePublic(Uri url, RegistryEndpoint registry) =>
        !registry.IsChosen(url) && !IsNamed(url)
        && (registry.IsForeign || !(PrivateAddresses.Contains(registry.Url.Host) || IsNamed(registry.Url)));

    /// <summary>Whether the user named a network that holds an address.</summary>
    public bool IsNamed(System.Net.IPAddress address) => _trusted.Contains(address) || _insecure.Contains(address);

    private const string PrivateReason = $"its host is not public and is not named in {nameof(RegistryClientOptions.TrustedHosts)}";

    private static string? SchemeRefusal(Uri url) =>
        url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp ? null : "it is neither https nor http";

    private string? PrivateRefusal(Uri url, RegistryEndpoint registry) =>
        PrivateAddresses.Contains(url.Host) && !IsNamed(url) && !PrivateAddresses.Contains(registry.Url.Host) && !IsNamed(registry.Url)
            ? PrivateReason
            : null;

    private bool IsNamed(Uri url) => _trusted.Contains(url) || _insecure.Contains(url);
}
