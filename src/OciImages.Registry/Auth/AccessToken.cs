using System.Net.Http.Headers;

namespace OciImages.Registry.Auth;

/// <summary>What goes into the <c>Authorization</c> header, and how long it is good. Prints no secret.</summary>
/// <param name="header">The header.</param>
/// <param name="expiresAt">When it should no longer be used.</param>
internal sealed class AccessToken(AuthenticationHeaderValue header, DateTimeOffset expiresAt)
{
    public AuthenticationHeaderValue Header => header;

    public DateTimeOffset ExpiresAt => expiresAt;

    /// <summary>Why it was made without the user's credentials though there may be some; null for no such reason.</summary>
    public string? Problem { get; init; }

    public override string ToString() => $"AccessToken({header.Scheme})";
}
