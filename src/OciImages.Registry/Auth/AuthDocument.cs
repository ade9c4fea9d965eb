using System.Text.Json;
using OciImages.Registry.Http;

namespace OciImages.Registry.Auth;

/// <summary>
/// A document of credentials: Docker's <c>config.json</c>, or containers' <c>auth.json</c>, which has the same form and other keys.
/// No message holds anything of its content but registry names.
/// </summary>
internal sealed class AuthDocument
{
    private static readonly string[] DockerHubKeys =
        [HelperServer.DockerHub, "index.docker.io", RepositoryName.DefaultDomain, "registry-1.docker.io"];

    private readonly string _place;
    private readonly Dictionary<string, JsonElement> _auths;
    private readonly Dictionary<string, string> _helpers;
    private readonly string? _store;

    private AuthDocument(string place, JsonElement root)
    {
        _place = place;
        _auths = Members(root, "auths").ToDictionary(member => member.Name, member => member.Value);
        _helpers = Texts(root, "credHelpers");
        _store = Text(root, "credsStore");
        Headers = Texts(root, "HttpHeaders");
    }

    /// <summary>Whether it says nothing at all about credentials, nor where they are.</summary>
    public bool IsEmpty => _auths.Count == 0 && _helpers.Count == 0 && _store is null;

    /// <summary>The member <c>HttpHeaders</c>.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>Parses a document.</summary>
    /// <param name="json">The document.</param>
    /// <param name="place">What it is, for messages, such as <c>the Docker configuration /root/.docker/config.json</c>.</param>
    /// <exception cref="OciException">It is not JSON, or says something twice (<see cref="OciErrorKind.InvalidInput"/>).</exception>
    public static AuthDocument Parse(ReadOnlyMemory<byte> json, string place)
    {
        try
        {
            var options = new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, AllowDuplicateProperties = false };
            using var document = JsonDocument.Parse(json, options);
            return new AuthDocument(place, document.RootElement.Clone());
        }
        catch (Exception e) when (JsonFault.Is(e))
        {
            throw new OciException(OciErrorKind.InvalidInput, $"There is no valid JSON in {place}.");
        }
    }

    /// <summary>The program that keeps a registry's secrets: of <c>credHelpers</c>, else of <c>credsStore</c>; null for none.</summary>
    public string? HelperFor(RegistryDomain domain, bool includeStore = true)
    {
        foreach (string key in KeysOf(domain))
        {
            if (_helpers.TryGetValue(key, out string? helper))
                return helper;
        }
        return includeStore ? _store : null;
    }

    /// <summary>The entry of a registry by Docker's rules: its domain, or a URL at it.</summary>
    public RegistryCredential? Find(RegistryDomain domain)
    {
        foreach (string key in KeysOf(domain))
        {
            if (_auths.TryGetValue(key, out var entry))
                return Read(key, entry);
        }
        foreach (var (key, entry) in _auths)
        {
            if (string.Equals(HostOf(key), domain.Name, StringComparison.OrdinalIgnoreCase))
                return Read(key, entry);
        }
        return null;
    }

    /// <summary>The entry of a repository by containers' rules (containers-auth.json(5)): the longest key that is it or a part above it.</summary>
    public RegistryCredential? FindMostSpecific(RegistryDomain domain, string? repository)
    {
        for (string? path = repository; !string.IsNullOrEmpty(path); path = Parent(path))
        {
            string key = $"{domain.Name}/{path}";
            if (_auths.TryGetValue(key, out var entry))
                return Read(key, entry);
        }
        return Find(domain);
    }

    /// <summary>Whether a key of <c>auths</c> is for a registry by Docker's rules.</summary>
    public static bool IsKeyOf(string key, RegistryDomain domain) =>
        KeysOf(domain).Contains(key) || string.Equals(HostOf(key), domain.Name, StringComparison.OrdinalIgnoreCase);

    private static string? Parent(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : null;

    private static string[] KeysOf(RegistryDomain domain) => domain.Name == RepositoryName.DefaultDomain ? DockerHubKeys : [domain.Name];

    // Docker writes the domain alone; older versions wrote a URL, and still do for Docker Hub.
    private static string HostOf(string key)
    {
        int scheme = key.IndexOf("://", StringComparison.Ordinal);
        string rest = scheme < 0 ? key : key[(scheme + 3)..];
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        // A key with a path but no scheme is for one repository: not for the whole registry.
        return slash < 0 ? rest : scheme >= 0 ? rest[..slash] : "";
    }

    private RegistryCredential? Read(string key, JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object)
            return null;
        try
        {
            return CredentialJson.Read(entry);
        }
        catch (Exception e) when (e is FormatException || JsonFault.Is(e))
        {
            throw new OciException(OciErrorKind.InvalidInput, $"There is an unreadable \"auth\" for {PlainText.Clean(key, 100)} in {_place}.");
        }
    }

    private static JsonElement.ObjectEnumerator Members(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object
            ? value.EnumerateObject()
            : default;

    private static Dictionary<string, string> Texts(JsonElement root, string name) => Members(root, name)
        .Where(member => member.Value.ValueKind == JsonValueKind.String && member.Value.GetString() is { Length: > 0 })
        .ToDictionary(member => member.Name, member => member.Value.GetString()!, StringComparer.OrdinalIgnoreCase);

    private static string? Text(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 } text
            ? text
            : null;
}
