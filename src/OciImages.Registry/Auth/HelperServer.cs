using OciImages.Registry.Http;

namespace OciImages.Registry.Auth;

/// <summary>Names registries as credential helpers and Docker's files know them.</summary>
internal static class HelperServer
{
    /// <summary>Docker Hub's name there, for historical reasons.</summary>
    public const string DockerHub = "https://index.docker.io/v1/";

    /// <summary>The key of a registry.</summary>
    public static string KeyOf(RegistryDomain domain) => domain.Name == RepositoryName.DefaultDomain ? DockerHub : domain.Name;
}
