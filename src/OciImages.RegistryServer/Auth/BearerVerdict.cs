namespace OciImages.RegistryServer.Auth;

/// <summary>What a token is worth for a request.</summary>
public enum BearerVerdict
{
    /// <summary>It is none of ours, or has expired.</summary>
    Invalid,

    /// <summary>It is genuine, but does not allow this.</summary>
    Insufficient,

    /// <summary>It allows all that the request needs.</summary>
    Sufficient,
}
