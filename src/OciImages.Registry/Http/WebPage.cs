using OciImages.Registry.Manifests;

namespace OciImages.Registry.Http;

/// <summary>Finds out whether an answer is a web page: the login form of something in between says 200 to everything.</summary>
internal static class WebPage
{
    private const int Look = 64;

    /// <summary>Throws when an answer, whose body means nothing otherwise, is a page.</summary>
    /// <remarks>The type alone does not tell: Quay sends empty answers, and the word "true", as <c>text/html</c>. Afterwards the body is gone.</remarks>
    public static async Task RefuseAsync(RegistryHttp http, RegistryRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (ManifestType.OfHeader(response) != "text/html" || response.Content.Headers.ContentLength == 0)
            return;
        using var body = await http.OpenBodyAsync(response, cancellationToken).ConfigureAwait(false);
        var (bytes, _) = await body.ReadUpToAsync(Look, cancellationToken).ConfigureAwait(false);
        if (ErrorBody.IsHtml(System.Text.Encoding.UTF8.GetString(bytes)))
            throw Failure(request);
    }

    /// <summary>The failure of a request that was answered by a page.</summary>
    public static RegistryException Failure(RegistryRequest request) => RegistryHttp.Failure(
        request, OciErrorKind.InvalidInput,
        $"a web page came instead of an answer; is {request.Domain.Authority} a registry, and is nothing in between?");
}
