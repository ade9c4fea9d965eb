namespace OciImages.Registry.Auth;

/// <summary>An access token as one request uses it.</summary>
/// <param name="Token">The token.</param>
/// <param name="Key">What it is good for.</param>
/// <param name="IsFresh">Whether it was made for this request: refused, it will not be better when made again.</param>
internal sealed record GrantedToken(AccessToken Token, TokenKey Key, bool IsFresh);
