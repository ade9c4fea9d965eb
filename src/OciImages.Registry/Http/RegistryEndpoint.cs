namespace OciImages.Registry.Http;

/// <summary>Where a registry answers.</summary>
/// <param name="Domain">The registry.</param>
/// <param name="Url">Its root, with the scheme that works.</param>
internal sealed record RegistryEndpoint(RegistryDomain Domain, Uri Url)
{
    public bool IsPlainHttp => Url.Scheme == Uri.UriSchemeHttp;

    /// <summary>Whether a URL has the registry's scheme, host and port: only there its credentials may go.</summary>
    public bool IsOriginOf(Uri? url) => url is not null && Origin.AreSame(Url, url);
}
