using OciImages.Registry.Auth;

namespace OciImages.Registry.Http;

/// <summary>Where a registry, or a mirror of one, answers.</summary>
/// <param name="Domain">The registry, or the mirror as a registry of its own: whose credentials count here.</param>
/// <param name="Url">Its root, with the scheme that works.</param>
internal sealed record RegistryEndpoint(RegistryDomain Domain, Uri Url)
{
    private const string V2 = "/v2/";

    /// <summary>The path of its API, up to and with <c>/v2/</c>.</summary>
    public string ApiPath { get; init; } = V2;

    /// <summary>What stands before the names of repositories, with a slash at its end; empty for nothing.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>The registry that a mirror is told to answer for; null for none.</summary>
    public string? Namespace { get; init; }

    public bool IsMirror { get; init; }

    /// <summary>Whether it is a place that a manifest names, and no registry.</summary>
    public bool IsForeign { get; init; }

    public bool IsPlainHttp => Url.Scheme == Uri.UriSchemeHttp;

    /// <summary>The endpoint of a mirror for a registry.</summary>
    public static RegistryEndpoint OfMirror(RegistryMirror mirror, string registry)
    {
        string path = mirror.Url.AbsolutePath.TrimEnd('/') + '/';
        int v2 = path.IndexOf(V2, StringComparison.Ordinal);
        return new RegistryEndpoint(RegistryDomain.Parse(mirror.Url.Authority), new Uri(mirror.Url.GetLeftPart(UriPartial.Authority) + "/"))
        {
            IsMirror = true,
            ApiPath = v2 < 0 ? path[..^1] + V2 : path[..(v2 + V2.Length)],
            Prefix = v2 < 0 ? "" : path[(v2 + V2.Length)..],
            Namespace = mirror.SendsNamespace ? registry : null,
        };
    }

    /// <summary>Whether a URL has the registry's scheme, host and port: only there its credentials may go.</summary>
    public bool IsOriginOf(Uri? url) => url is not null && Origin.AreSame(Url, url);

    /// <summary>Whether whoever uses this client chose a URL's host, and not what a registry or a manifest says.</summary>
    public bool IsChosen(Uri url) => !IsForeign && IsOriginOf(url);

    /// <summary>The URL of a target from <c>/v2/</c> on.</summary>
    public Uri UrlOf(string target)
    {
        // The root is no repository: nothing stands before it.
        string rest = target[V2.Length..];
        string url = $"{Url.GetLeftPart(UriPartial.Authority)}{ApiPath}{(rest.Length > 0 ? Prefix : "")}{rest}";
        return new Uri(Namespace is null ? url : $"{url}{(url.Contains('?', StringComparison.Ordinal) ? '&' : '?')}ns={Uri.EscapeDataString(Namespace)}");
    }

    /// <summary>A repository's path here.</summary>
    public string? PathOf(string? repository) => repository is null ? null : Prefix + repository;

    /// <summary>Rights as they are called here.</summary>
    public IReadOnlyList<TokenScope> ScopesOf(IReadOnlyList<TokenScope> scopes) =>
        Prefix.Length == 0 ? scopes : [.. scopes.Select(scope => scope.Type == "repository" ? scope with { Name = Prefix + scope.Name } : scope)];
}
