using Microsoft.AspNetCore.Http;

namespace OciImages.RegistryServer.Internal;

/// <summary>What a request is about, read from the end of its path: names have slashes, and may hold any of the API's own words.</summary>
/// <param name="Kind">The resource.</param>
/// <param name="Prefix">The part of the path before <c>/v2</c>, for locations.</param>
/// <param name="Name">The repository's name, unchecked; empty where there is none.</param>
/// <param name="Argument">Tag, digest or id, unchecked; empty where there is none.</param>
internal readonly record struct RegistryRoute(RouteKind Kind, string Prefix, string Name, string Argument)
{
    private const string Version = "/v2";

    internal static RegistryRoute Parse(HttpRequest request)
    {
        string path = request.Path.Value ?? "";
        int start = path.IndexOf($"{Version}/", StringComparison.Ordinal);
        if (start < 0 && path.EndsWith(Version, StringComparison.Ordinal))
            start = path.Length - Version.Length;
        if (start < 0)
            return default;
        string prefix = request.PathBase.Value + path[..start];
        string rest = path[(start + Version.Length)..].TrimStart('/');
        var (kind, name, argument) = Parse(rest);
        return new RegistryRoute(kind, prefix, name, argument);
    }

    private static (RouteKind Kind, string Name, string Argument) Parse(string rest)
    {
        if (rest.Length == 0)
            return (RouteKind.Base, "", "");
        if (rest == "_catalog")
            return (RouteKind.Catalog, "", "");
        if (rest.EndsWith("/blobs/uploads/", StringComparison.Ordinal))
            return (RouteKind.Uploads, rest[..^"/blobs/uploads/".Length], "");
        if (rest.EndsWith("/blobs/uploads", StringComparison.Ordinal))
            return (RouteKind.Uploads, rest[..^"/blobs/uploads".Length], "");
        if (rest.EndsWith("/tags/list", StringComparison.Ordinal))
            return (RouteKind.Tags, rest[..^"/tags/list".Length], "");
        int last = rest.LastIndexOf('/');
        if (last <= 0)
            return (RouteKind.None, "", "");
        string before = rest[..last];
        string argument = rest[(last + 1)..];
        var kind = RouteKind.None;
        int length = 0;
        foreach (var (ending, candidate) in Endings)
        {
            if (before.EndsWith(ending, StringComparison.Ordinal))
                (kind, length) = (candidate, ending.Length);
        }
        return (kind, before[..^length], argument);
    }

    private static readonly (string Ending, RouteKind Kind)[] Endings =
    [
        ("/manifests", RouteKind.Manifest),
        ("/blobs", RouteKind.Blob),
        ("/referrers", RouteKind.Referrers),
        ("/blobs/uploads", RouteKind.Upload),
    ];
}
