namespace OciImages.RegistryServer.Auth;

/// <summary>What a request wants to do with a repository.</summary>
[Flags]
public enum RegistryAction
{
    /// <summary>Nothing: the request only asks who may come in (<c>GET /v2/</c>).</summary>
    None = 0,

    /// <summary>Read content and lists.</summary>
    Pull = 1,

    /// <summary>Write content.</summary>
    Push = 2,

    /// <summary>Delete content.</summary>
    Delete = 4,

    /// <summary>List the registry's repositories; it is about no repository.</summary>
    Catalog = 8,
}
