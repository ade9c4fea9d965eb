using Microsoft.Extensions.DependencyInjection;

namespace OciImages.DependencyInjection;

/// <summary>Goes on with what <c>AddOciImages</c> began.</summary>
public interface IOciImagesBuilder
{
    /// <summary>The services.</summary>
    IServiceCollection Services { get; }
}
