using OciImages.Registry.Http.Mirrors;

namespace OciImages.Registry.Http;

/// <summary>A place that a registry, or a mirror, redirected to.</summary>
/// <param name="Url">The place.</param>
/// <param name="NamedBy">Who redirected there: what it may lead to is judged by that.</param>
/// <param name="Mirror">The mirror that this is; null for the registry.</param>
internal sealed record RedirectTarget(Uri Url, RegistryEndpoint NamedBy, MirrorHost? Mirror)
{
    /// <summary>The place that an answer is from; null when nobody redirected, or not away from its own origin.</summary>
    public static RedirectTarget? Of(HttpResponseMessage response) =>
        response.RequestMessage is { RequestUri: { } url } message
        && message.Options.TryGetValue(HostHandler.NamedBy, out var endpoint) && !endpoint.IsForeign
            ? new RedirectTarget(url, endpoint, MirrorHost.Of(response))
            : null;
}
