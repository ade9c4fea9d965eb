using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OciImages.RegistryServer;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a registry to a host's services.</summary>
public static class OciRegistryServiceCollectionExtensions
{
    /// <summary>Adds an <see cref="OciRegistry"/> as a singleton, for <c>MapOciRegistry()</c>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets options; at least where content is kept.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddOciRegistry(this IServiceCollection services, Action<OciRegistryOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<OciRegistryOptions>().Configure(configure);
        services.TryAddSingleton(provider => new OciRegistry(
            provider.GetRequiredService<IOptions<OciRegistryOptions>>().Value, provider.GetService<ILogger<OciRegistry>>()));
        return services;
    }
}
