using OciImages.Registry.Http;

namespace OciImages.Registry.Lists;

/// <summary>One page of a list.</summary>
internal static class ListPage
{
    /// <summary>Reads the page, as far as the options allow.</summary>
    public static async Task<byte[]> ReadAsync(
        RegistryHttp http, RegistryRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var body = await http.OpenBodyAsync(response, cancellationToken).ConfigureAwait(false);
        var (bytes, isMore) = await body.ReadUpToAsync(http.Options.MaxListPageSize, cancellationToken).ConfigureAwait(false);
        return isMore
            ? throw RegistryHttp.Failure(request, OciErrorKind.InvalidInput, $"one page is larger than {http.Options.MaxListPageSize} bytes")
            : bytes;
    }

    /// <summary>Path and query of the next page; null for none. It must be at the registry, where credentials go along.</summary>
    public static string? NextTarget(RegistryRequest request, HttpResponseMessage response)
    {
        if (LinkHeader.Next(response) is not { } next)
            return null;
        var page = response.RequestMessage!.RequestUri!;
        if (!Uri.TryCreate(page, next, out var url) || !Origin.AreSame(page, url) || !url.AbsolutePath.StartsWith("/v2/", StringComparison.Ordinal))
            throw RegistryHttp.Failure(request, OciErrorKind.InvalidInput, "the registry's next page is not at the registry");
        return url.PathAndQuery;
    }
}
