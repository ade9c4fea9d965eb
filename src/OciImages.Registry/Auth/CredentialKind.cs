namespace OciImages.Registry.Auth;

/// <summary>Says which parts of a credential count.</summary>
internal static class CredentialKind
{
    /// <summary>The refresh token: the identity token, or a password whose user name says that it is one.</summary>
    public static string? RefreshTokenOf(RegistryCredential? credential) =>
        credential switch
        {
            null => null,
            { IdentityToken: { Length: > 0 } token } => token,
            { UserName: "<token>" or "00000000-0000-0000-0000-000000000000", Password: { Length: > 0 } token } => token,
            _ => null,
        };

    /// <summary>The value of a Basic authorization; null when the credential has no name and password.</summary>
    public static string? BasicOf(RegistryCredential? credential) =>
        credential is { UserName: { Length: > 0 } user, Password: { } password } ? Basic(user, password) : null;

    /// <summary>Encodes a name and a password. RFC 7617, in UTF-8.</summary>
    public static string Basic(string user, string password) =>
        Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{user}:{password}"));
}
