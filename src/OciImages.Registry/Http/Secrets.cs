using System.Net.Http.Headers;

namespace OciImages.Registry.Http;

/// <summary>Collects what must never show up in a message, even when the other side repeats it.</summary>
internal static class Secrets
{
    public static IReadOnlyList<string> Of(RegistryCredential? credential) =>
        [.. new[] { credential?.Password, credential?.IdentityToken, credential?.RegistryToken, Auth.CredentialKind.BasicOf(credential) }.OfType<string>()];

    public static IReadOnlyList<string> Of(AuthenticationHeaderValue? authorization)
    {
        if (authorization?.Parameter is not { } parameter)
            return [];
        if (!string.Equals(authorization.Scheme, "Basic", StringComparison.OrdinalIgnoreCase))
            return [parameter];
        string pair = System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(parameter));
        return [parameter, pair[(pair.IndexOf(':', StringComparison.Ordinal) + 1)..]];
    }
}
