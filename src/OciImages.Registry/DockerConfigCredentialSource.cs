using System.Text;
using System.Text.Json;
using OciImages.Registry.Http;

namespace OciImages.Registry;

/// <summary>
/// Credentials as <c>docker login</c> leaves them in the member <c>auths</c> of Docker's <c>config.json</c>. The file is read anew at
/// each question, so that a login while the program runs counts. Credential helpers are not asked.
/// </summary>
/// <threadsafety>Safe for use by many threads.</threadsafety>
public sealed class DockerConfigCredentialSource : IRegistryCredentialSource
{
    private const int MaxFileSize = 4 * 1024 * 1024;

    private static readonly string[] DockerHubKeys = ["https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; null for <c>$DOCKER_CONFIG/config.json</c>, or else <c>~/.docker/config.json</c>. It need not exist.</param>
    public DockerConfigCredentialSource(string? path = null)
    {
        string? folder = Environment.GetEnvironmentVariable("DOCKER_CONFIG");
        if (string.IsNullOrEmpty(folder))
            folder = System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".docker");
        Path = path ?? System.IO.Path.Combine(folder, "config.json");
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    /// <exception cref="OciException">
    /// The file is not what Docker writes (<see cref="OciErrorKind.InvalidInput"/>). The message holds nothing of its content.
    /// </exception>
    /// <exception cref="StorageException">The file is there but cannot be read.</exception>
    public async ValueTask<RegistryCredential?> FindAsync(string domain, CancellationToken cancellationToken = default)
    {
        string name = RegistryDomain.Parse(domain).Name;
        byte[]? bytes = await ReadFileAsync(cancellationToken).ConfigureAwait(false);
        if (bytes is null)
            return null;
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("auths", out var auths)
                && auths.ValueKind == JsonValueKind.Object
                && FindEntry(auths, name) is { ValueKind: JsonValueKind.Object } entry
                    ? Read(entry, name)
                    : null;
        }
        catch (JsonException)
        {
            throw new OciException(OciErrorKind.InvalidInput, $"The Docker configuration {Path} is not valid JSON.");
        }
    }

    private async Task<byte[]?> ReadFileAsync(CancellationToken cancellationToken)
    {
        try
        {
            var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, useAsync: true);
            await using (file.ConfigureAwait(false))
            {
                if (file.Length > MaxFileSize)
                    throw new OciException(OciErrorKind.InvalidInput, $"The Docker configuration {Path} is larger than {MaxFileSize} bytes.");
                byte[] bytes = new byte[file.Length];
                int count = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                return bytes[..count];
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the Docker configuration", Path);
        }
    }

    // Docker writes the domain alone; older versions wrote a URL, and still do for Docker Hub.
    private static JsonElement? FindEntry(JsonElement auths, string name)
    {
        foreach (string key in name == DockerHubKeys[2] ? DockerHubKeys : [name])
        {
            if (auths.TryGetProperty(key, out var entry))
                return entry;
        }
        foreach (var member in auths.EnumerateObject())
        {
            if (string.Equals(HostOf(member.Name), name, StringComparison.OrdinalIgnoreCase))
                return member.Value;
        }
        return null;
    }

    private static string HostOf(string key)
    {
        int scheme = key.IndexOf("://", StringComparison.Ordinal);
        string rest = scheme < 0 ? key : key[(scheme + 3)..];
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        // A key with a path but no scheme is for one repository: not for the whole registry.
        return slash < 0 || scheme >= 0 ? rest.Split('/')[0] : "";
    }

    private RegistryCredential? Read(JsonElement entry, string name)
    {
        string? user = Text(entry, "username");
        string? password = Text(entry, "password");
        if (Text(entry, "auth") is { } auth)
        {
            string pair = Decode(auth) is { } decoded && decoded.Contains(':', StringComparison.Ordinal)
                ? decoded
                : throw new OciException(OciErrorKind.InvalidInput, $"The Docker configuration {Path} has an unreadable \"auth\" for {name}.");
            int colon = pair.IndexOf(':', StringComparison.Ordinal);
            (user, password) = (pair[..colon], pair[(colon + 1)..].TrimEnd('\0'));
        }
        var credential = new RegistryCredential
        {
            UserName = user,
            Password = password,
            IdentityToken = Text(entry, "identitytoken"),
            RegistryToken = Text(entry, "registrytoken"),
        };
        // An empty entry marks a login whose secret a credential helper keeps.
        return credential is { UserName: null, IdentityToken: null, RegistryToken: null } ? null : credential;
    }

    private static string? Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    private static string? Decode(string base64)
    {
        byte[] bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out int count) ? Encoding.UTF8.GetString(bytes, 0, count) : null;
    }
}
