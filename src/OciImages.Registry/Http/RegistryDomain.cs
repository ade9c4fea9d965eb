using System.Buffers;

namespace OciImages.Registry.Http;

/// <summary>A registry's domain: the name that users and credentials know it by, and the host that answers for it.</summary>
/// <param name="Name">The name, such as <c>docker.io</c> or <c>127.0.0.1:5000</c>.</param>
/// <param name="Authority">What stands in URLs, such as <c>registry-1.docker.io</c>.</param>
internal sealed record RegistryDomain(string Name, string Authority)
{
    private const string DockerHub = "docker.io";
    private const string DockerHubHost = "registry-1.docker.io";

    private static readonly SearchValues<char> UrlCharacters = SearchValues.Create("/\\?#@%");

    /// <summary>Parses a domain with an optional port.</summary>
    /// <exception cref="OciException">It is not one (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public static RegistryDomain Parse(string domain)
    {
        string name = domain.ToLowerInvariant();
        if (name is DockerHub or "index.docker.io" or DockerHubHost)
            return new RegistryDomain(DockerHub, DockerHubHost);
        // Whatever Uri would read as something else than a host and a port must not come back as one.
        if (name.Length is 0 or > 255
            || name.AsSpan().ContainsAnyExceptInRange('!', '~')
            || name.AsSpan().ContainsAny(UrlCharacters)
            || !Uri.TryCreate($"https://{name}/", UriKind.Absolute, out var url)
            || url.AbsolutePath != "/" || url.UserInfo.Length > 0)
            throw new OciException(OciErrorKind.InvalidInput, $"\"{PlainText.Clean(domain, 100)}\" is not a registry's domain with an optional port.");
        return new RegistryDomain(name, name);
    }

    /// <summary>The URL of the registry's root for a scheme.</summary>
    public Uri Url(string scheme) => new($"{scheme}://{Authority}/");
}
