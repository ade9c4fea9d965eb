namespace OciImages.Registry.Auth;

/// <summary>One challenge of a <c>WWW-Authenticate</c> header. RFC 9110, section 11.6.1.</summary>
/// <param name="Scheme">The scheme, such as <c>Bearer</c>; compared without regard to case.</param>
/// <param name="Parameters">The parameters; names are compared without regard to case, of two equal ones the first counts.</param>
internal sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    public bool IsBearer => string.Equals(Scheme, "Bearer", StringComparison.OrdinalIgnoreCase);

    public bool IsBasic => string.Equals(Scheme, "Basic", StringComparison.OrdinalIgnoreCase);

    public string? Realm => Parameters.GetValueOrDefault("realm");

    public string? Service => Parameters.GetValueOrDefault("service");

    public string? Scope => Parameters.GetValueOrDefault("scope");

    public string? Error => Parameters.GetValueOrDefault("error");
}
