namespace OciImages.Registry.Auth;

/// <summary>What an authorization is good for.</summary>
/// <param name="Domain">The registry's name.</param>
/// <param name="Repository">The repository, whose credentials may be other than the registry's; empty for none.</param>
/// <param name="Scheme">The scheme: <c>Bearer</c> or <c>Basic</c>.</param>
/// <param name="Realm">The realm that the registry named.</param>
/// <param name="Service">The service that the registry named.</param>
/// <param name="Scopes">The scopes, sorted, with a space between them.</param>
internal readonly record struct TokenKey(string Domain, string Repository, string Scheme, string Realm, string Service, string Scopes);
