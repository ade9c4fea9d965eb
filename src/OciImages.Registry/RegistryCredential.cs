using System.Buffers.Text;
using System.Text.Json;
using OciImages.Registry.Auth;
using OciImages.Registry.Http;

namespace OciImages.Registry;

/// <summary>What identifies a user to one registry. <see cref="ToString"/> shows no secret.</summary>
public sealed class RegistryCredential
{
    /// <summary>The user's name; null when only a token is used.</summary>
    public string? UserName { get; init; }

    /// <summary>The password or access token that goes with the name.</summary>
    public string? Password { get; init; }

    /// <summary>A refresh token that is traded for access tokens (Docker's identity token); used before name and password.</summary>
    public string? IdentityToken { get; init; }

    /// <summary>A bearer token that is sent as it is (Docker's registry token); used before everything else.</summary>
    public string? RegistryToken { get; init; }

    /// <summary>
    /// Reads the header <c>X-Registry-Auth</c> of Docker's Engine API: an <c>AuthConfig</c> object in JSON, in base64url with or without
    /// padding (the ordinary alphabet is taken too).
    /// </summary>
    /// <param name="value">The header's value; null or empty for none.</param>
    /// <returns>The credential; null when there is none in it, as in <c>e30=</c>, which is <c>{}</c>.</returns>
    /// <exception cref="OciException">
    /// It is not that (<see cref="OciErrorKind.InvalidInput"/>); the message holds nothing of it. Docker itself then goes on anonymously.
    /// </exception>
    public static RegistryCredential? FromRegistryAuthHeader(string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
            return null;
        try
        {
            byte[] json = Base64Url.DecodeFromChars(value.Trim().TrimEnd('=').Replace('+', '-').Replace('/', '_'));
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? CredentialJson.Read(document.RootElement)
                : throw new FormatException();
        }
        catch (Exception e) when (e is FormatException || JsonFault.Is(e))
        {
            throw new OciException(OciErrorKind.InvalidInput, "The header X-Registry-Auth is not a JSON object in base64url.");
        }
    }

    /// <summary>The user's name only.</summary>
    /// <returns>Text without secrets.</returns>
    public override string ToString() => $"RegistryCredential({UserName ?? "token"})";
}
