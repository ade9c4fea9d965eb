using System.Net.Http.Headers;

namespace OciImages.Registry.Http;

/// <summary>Collects what must never show up in a message, even when the other side repeats it.</summary>
internal static class Secrets
{
    private const int MinHeaderLength = 6;

    public static IReadOnlyList<string> Of(RegistryCredential? credential) =>
        [.. new[] { credential?.Password, credential?.IdentityToken, credential?.RegistryToken, Auth.CredentialKind.BasicOf(credential) }.OfType<string>()];

    /// <summary>Of what went along with a request. Short values of the user's own headers are no secrets, and would tear words apart.</summary>
    public static IReadOnlyList<string> Of(AuthenticationHeaderValue? authorization, IEnumerable<string> headers) =>
        [.. Of(authorization), .. headers.Where(value => value.Length >= MinHeaderLength)];

    private static string[] Of(AuthenticationHeaderValue? authorization)
    {
        if (authorization?.Parameter is not { } parameter)
            return [];
        if (!string.Equals(authorization.Scheme, "Basic", StringComparison.OrdinalIgnoreCase))
            return [parameter];
        string pair = System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(parameter));
        return [parameter, pair[(pair.IndexOf(':', StringComparison.Ordinal) + 1)..]];
    }
}
