using OciImages.Registry.Http;

namespace OciImages.Registry;

/// <summary>
/// Another place that has the content of a registry, asked before the registry itself. Never for pushing, tag lists and other questions
/// about what the registry has.
/// </summary>
/// <remarks>
/// <para>A mirror that fails, in whatever way, hands over to the next mirror and at last to the registry, whose answer is final.</para>
/// <para>
/// It gets the credentials that the client's source has for the mirror's own host, never those for the registry (unlike dockerd, which
/// sends Docker Hub's to its mirrors).
/// </para>
/// </remarks>
/// <threadsafety>Immutable; safe to share.</threadsafety>
public sealed class RegistryMirror
{
    /// <summary>The <see cref="Registry"/> of a mirror for every registry that has none of its own.</summary>
    public const string AnyRegistry = "*";

    /// <summary>Makes a mirror.</summary>
    /// <param name="registry">The domain of the registry that it has content of, such as <c>docker.io</c>; <c>*</c> for any.</param>
    /// <param name="url">
    /// Its <c>https</c> or <c>http</c> URL, without user, query and fragment. A path that holds the segment <c>v2</c> is the root of its
    /// API, and what follows <c>v2</c> stands before the names of repositories (<c>https://harbor.example.com/v2/hub-proxy</c>);
    /// to any other path <c>/v2/</c> is appended. Naming <c>http</c> allows plain HTTP to this mirror.
    /// </param>
    /// <exception cref="OciException">One of them is malformed (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public RegistryMirror(string registry, string url)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(url);
        Registry = registry == AnyRegistry ? registry : RegistryDomain.Parse(registry).Name;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed)
            || (parsed.Scheme != Uri.UriSchemeHttps && parsed.Scheme != Uri.UriSchemeHttp)
            || parsed.UserInfo.Length > 0 || parsed.Query.Length > 0 || parsed.Fragment.Length > 0 || parsed.Host.Length == 0)
        {
            // A user's part may hold a password.
            string shown = parsed is null || parsed.UserInfo.Length > 0 ? "" : $" \"{PlainText.Clean(url, 200)}\"";
            throw new OciException(
                OciErrorKind.InvalidInput, $"The mirror{shown} of {Registry} is not an https or http URL without user, query and fragment.");
        }
        Url = parsed;
        SendsNamespace = registry == AnyRegistry;
    }

    /// <summary>The domain of the registry, such as <c>docker.io</c>; <c>*</c> for any.</summary>
    public string Registry { get; }

    /// <summary>The URL.</summary>
    public Uri Url { get; }

    /// <summary>What it is asked for.</summary>
    /// <value><see cref="RegistryMirrorCapabilities.All"/>.</value>
    public RegistryMirrorCapabilities Capabilities { get; init; } = RegistryMirrorCapabilities.All;

    /// <summary>
    /// Whether each request says which registry is meant by the query <c>ns=</c>, as containerd does: for proxies that serve several.
    /// </summary>
    /// <value>True for <c>*</c>, else false.</value>
    public bool SendsNamespace { get; init; }
}
