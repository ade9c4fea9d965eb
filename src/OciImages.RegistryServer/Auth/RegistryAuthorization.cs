namespace OciImages.RegistryServer.Auth;

/// <summary>The answer of an <see cref="IRegistryAuthorizer"/>.</summary>
public readonly record struct RegistryAuthorization
{
    private RegistryAuthorization(bool isAllowed, string? challenge) => (IsAllowed, Challenge) = (isAllowed, challenge);

    /// <summary>The request may go on.</summary>
    public static RegistryAuthorization Allowed { get; } = new(true, null);

    /// <summary>Whoever it is may not do that: 403, <c>DENIED</c>.</summary>
    public static RegistryAuthorization Denied { get; }

    /// <summary>Whether the request may go on.</summary>
    public bool IsAllowed { get; }

    /// <summary>The value of <c>WWW-Authenticate</c> when credentials could help; null otherwise.</summary>
    public string? Challenge { get; }

    /// <summary>Credentials are missing or wrong: 401, <c>UNAUTHORIZED</c>.</summary>
    /// <param name="challenge">The value of <c>WWW-Authenticate</c>.</param>
    /// <returns>The answer.</returns>
    public static RegistryAuthorization Challenged(string challenge)
    {
        ArgumentException.ThrowIfNullOrEmpty(challenge);
        return new RegistryAuthorization(false, challenge);
    }
}
