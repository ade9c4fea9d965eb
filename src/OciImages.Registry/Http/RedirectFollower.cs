using System.Net;
using System.Net.Http.Headers;

namespace OciImages.Registry.Http;

/// <summary>
/// Sends and follows redirects. Authorization goes only to the scheme, host and port that the request was for: storage behind a
/// registry gets none, and must not (a signed URL with a second authorization is refused by S3).
/// </summary>
internal sealed class RedirectFollower(HttpTransport transport, HostPolicy policy, RegistryClientOptions options)
{
    /// <summary>Sends until an answer is no redirect.</summary>
    /// <param name="createMessage">Makes the message for a URL, without authorization.</param>
    /// <param name="url">The first URL.</param>
    /// <param name="authorization">What goes to the first URL's origin; null for nothing.</param>
    /// <param name="registry">The registry on whose word this is sent.</param>
    /// <param name="repeatsBodies">Whether requests other than <c>GET</c> and <c>HEAD</c> follow too, where their method stays (307, 308).</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The answer; its <see cref="HttpResponseMessage.RequestMessage"/> has the URL that gave it.</returns>
    /// <exception cref="RedirectException">The redirect must not be followed.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        Func<Uri, HttpRequestMessage> createMessage, Uri url, AuthenticationHeaderValue? authorization, RegistryEndpoint registry,
        bool repeatsBodies, CancellationToken cancellationToken)
    {
        var origin = url;
        for (int redirects = 0; ; redirects++)
        {
            var message = createMessage(url);
            if (!registry.IsChosen(url))
                message.Options.Set(HostHandler.NamedBy, registry);
            if (authorization is not null && Origin.AreSame(origin, url))
                message.Headers.Authorization = authorization;
            var response = await transport.SendAsync(message, cancellationToken).ConfigureAwait(false);
            bool isRead = message.Method == HttpMethod.Get || message.Method == HttpMethod.Head;
            if (!(isRead ? IsRedirect(response.StatusCode) : repeatsBodies && KeepsMethod(response.StatusCode)))
                return response;
            using (response)
                url = Next(url, response, redirects, registry);
        }
    }

    private static bool IsRedirect(HttpStatusCode status) =>
        status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther || KeepsMethod(status);

    private static bool KeepsMethod(HttpStatusCode status) => status is HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private Uri Next(Uri from, HttpResponseMessage response, int redirects, RegistryEndpoint registry)
    {
        if (redirects >= options.MaxRedirects)
            throw new RedirectException($"{from.Authority} redirects once more after {redirects} redirects");
        if (!response.Headers.NonValidated.TryGetValues("Location", out var location)
            || !Uri.TryCreate(from, location.ToString(), out var to))
            throw new RedirectException($"{from.Authority} redirects to nowhere");
        to = Origin.KeepTls(from, to);
        // Url.Authority has neither a user's name nor a query.
        return policy.RedirectRefusal(from, to, registry) is { } refusal
            ? throw new RedirectException($"the redirect of {from.Authority} to {PlainText.Clean($"{to.Scheme}://{to.Authority}", 200)} is refused: {refusal}")
            : to;
    }
}
