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

    /// <summary>The user's name only.</summary>
    /// <returns>Text without secrets.</returns>
    public override string ToString() => $"RegistryCredential({UserName ?? "token"})";
}
