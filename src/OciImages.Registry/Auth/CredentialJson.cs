using System.Text;
using System.Text.Json;

namespace OciImages.Registry.Auth;

/// <summary>Docker's <c>AuthConfig</c> object: in <c>config.json</c>, in <c>auth.json</c> and in the header <c>X-Registry-Auth</c>.</summary>
internal static class CredentialJson
{
    /// <summary>Reads an object.</summary>
    /// <returns>The credential; null when there is nothing in it, as where a credential helper keeps the secret.</returns>
    /// <exception cref="FormatException">The member <c>auth</c> is not base64 of a name, a colon and a password.</exception>
    public static RegistryCredential? Read(JsonElement entry)
    {
        string? user = Text(entry, "username");
        string? password = Text(entry, "password");
        if (Text(entry, "auth") is { } auth)
            (user, password) = Split(auth);
        var credential = new RegistryCredential
        {
            UserName = user,
            Password = password,
            IdentityToken = Text(entry, "identitytoken"),
            RegistryToken = Text(entry, "registrytoken"),
        };
        return credential is { UserName: null, IdentityToken: null, RegistryToken: null } ? null : credential;
    }

    private static (string User, string Password) Split(string auth)
    {
        byte[] bytes = new byte[auth.Length];
        if (!Convert.TryFromBase64String(auth, bytes, out int count))
            throw new FormatException();
        string pair = Encoding.UTF8.GetString(bytes, 0, count);
        int colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? throw new FormatException() : (pair[..colon], pair[(colon + 1)..].TrimEnd('\0'));
    }

    private static string? Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
