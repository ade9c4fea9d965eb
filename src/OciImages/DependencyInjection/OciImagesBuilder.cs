using Microsoft.Extensions.DependencyInjection;

namespace OciImages.DependencyInjection;

internal sealed record OciImagesBuilder(IServiceCollection Services) : IOciImagesBuilder;
