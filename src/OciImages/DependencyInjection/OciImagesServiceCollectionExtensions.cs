using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OciImages;
using OciImages.Archives;
using OciImages.Catalog;
using OciImages.Checks;
using OciImages.Commit;
using OciImages.Content;
using OciImages.DependencyInjection;
using OciImages.Events;
using OciImages.FileSystems;
using OciImages.Images;
using OciImages.Import;
using OciImages.Layers;
using OciImages.Pull;
using OciImages.Push;
using OciImages.Removal;
using OciImages.References;
using OciImages.Registry;
using OciImages.Roots;
using OciImages.Transfers;
using OciImages.Usage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds OciImages to a host's services.</summary>
public static class OciImagesServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="ImageService"/>, its roles, the stores of one data root and a registry client, all as singletons. The data root
    /// is opened when the first of them is asked for. A service that the host added before is kept.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets options; null for the defaults.</param>
    /// <returns>A builder to go on with.</returns>
    public static IOciImagesBuilder AddOciImages(this IServiceCollection services, Action<OciImagesOptions>? configure = null)
    {
        services.AddOptions<OciImagesOptions>();
        if (configure is not null)
            services.Configure(configure);

        services.TryAddSingleton(provider => ImageRoot.Open(Options(provider).Root, provider.GetService<ILoggerFactory>()));
        services.TryAddSingleton<IContentStore>(provider => provider.GetRequiredService<ImageRoot>().Content);
        services.TryAddSingleton<ILayerStore>(provider => provider.GetRequiredService<ImageRoot>().Layers);
        services.TryAddSingleton<IReferenceStore>(provider => provider.GetRequiredService<ImageRoot>().References);
        services.TryAddSingleton<IImageStore>(provider => provider.GetRequiredService<ImageRoot>().Images);
        services.TryAddSingleton<IImageOriginStore>(provider => provider.GetRequiredService<ImageRoot>().Origins);
        services.TryAddSingleton<IRegistryClient>(CreateRegistryClient);
        services.TryAddSingleton(provider => new LayerDownloadManager(
            provider.GetRequiredService<ImageRoot>().Content,
            provider.GetRequiredService<ImageRoot>().Layers,
            Options(provider).Transfers,
            provider.GetService<ILogger<LayerDownloadManager>>()));
        services.TryAddSingleton(provider => new LayerUploadManager(provider.GetRequiredService<ImageRoot>().Content, Options(provider).Transfers));
        services.TryAddSingleton<ImageEvents>();
        services.TryAddSingleton<IImagePuller, ImagePuller>();
        services.TryAddSingleton<IImagePusher>(provider => new ImagePusher(
            provider.GetRequiredService<ImageRoot>(),
            provider.GetRequiredService<IRegistryClient>(),
            provider.GetRequiredService<LayerUploadManager>(),
            provider.GetRequiredService<ImageEvents>(),
            Credentials(provider),
            provider.GetService<ILogger<ImagePusher>>()));
        services.TryAddSingleton<IImageCatalog>(provider => new ImageCatalog(
            provider.GetRequiredService<ImageRoot>(), provider.GetService<IImageUsage>()));
        services.TryAddSingleton<IImageFileSystems, ImageFileSystems>();
        services.TryAddSingleton<IImageArchiver, ImageArchiver>();
        services.TryAddSingleton<IImageImporter, ImageImporter>();
        services.TryAddSingleton<IImageExporter, ImageExporter>();
        services.TryAddSingleton<IImageCommitter, ImageCommitter>();
        services.TryAddSingleton<IContainerLayers, ContainerLayers>();
        services.TryAddSingleton<IImageTagger, ImageTagger>();
        services.TryAddSingleton<IImageRemover>(provider => new ImageRemover(
            provider.GetRequiredService<ImageRoot>(),
            provider.GetRequiredService<IImageCatalog>(),
            provider.GetRequiredService<ImageEvents>(),
            provider.GetService<IImageUsage>(),
            provider.GetService<ILogger<ImageRemover>>()));
        services.TryAddSingleton<IImageChecker, ImageChecker>();
        services.TryAddSingleton<IDiskUsage>(provider => new DiskUsageReader(
            provider.GetRequiredService<ImageRoot>(),
            provider.GetService<IImageUsage>(),
            provider.GetService<ILogger<DiskUsageReader>>()));
        services.TryAddSingleton<ImageService>();
        return new OciImagesBuilder(services);
    }

    /// <summary>Adds a storage driver of the host's, to be chosen by its name in <see cref="ImageRootOptions.Driver"/>.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The driver's name; not that of another.</param>
    /// <param name="create">Makes the driver.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">The name is taken; thrown when options are first read.</exception>
    public static IOciImagesBuilder AddStorageDriver(
        this IOciImagesBuilder builder, string name, Func<StorageDriverContext, IStorageDriver> create)
    {
        builder.Services.Configure<OciImagesOptions>(options => options.Root.Drivers.Add(name, create));
        return builder;
    }

    private static OciImagesOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<OciImagesOptions>>().Value;

    private static IRegistryCredentialSource? Credentials(IServiceProvider provider) =>
        Options(provider).Registry.Credentials ?? provider.GetService<IRegistryCredentialSource>();

    private static RegistryClient CreateRegistryClient(IServiceProvider provider)
    {
        var options = Options(provider).Registry;
        options.Credentials = Credentials(provider);
        return new RegistryClient(options, provider.GetService<ILoggerFactory>());
    }
}
