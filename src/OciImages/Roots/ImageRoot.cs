using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Content;
using OciImages.Content.Local;
using OciImages.Distribution;
using OciImages.Images;
using OciImages.Layers;
using OciImages.Layers.Drivers;
using OciImages.References;
using OciImages.Roots.Internal;

namespace OciImages.Roots;

/// <summary>
/// An open data root: the stores of one storage driver. The layout is Docker's, so that a dockerd can be started on the same root;
/// what Docker has no place for is below <c>oci-images/</c>.
/// </summary>
/// <remarks>
/// <code>
/// ROOT/image/DRIVER/{repositories.json,imagedb,layerdb,distribution}
/// ROOT/DRIVER/                          the driver's trees
/// ROOT/oci-images/{content,mounts,DRIVER}    blobs and manifests (an OCI image layout), mount points, locks
/// </code>
/// </remarks>
public sealed class ImageRoot : IAsyncDisposable
{
    private readonly FileLayerStore _layers;

    private ImageRoot(RootPaths paths, TimeProvider timeProvider, IStorageDriver driver, IContentStore content, FileLayerStore layers,
        IReferenceStore references, IImageStore images, IImageOriginStore origins, DistributionMetadataStore distribution)
    {
        Path = paths.Root;
        MountDirectory = paths.Mounts;
        TimeProvider = timeProvider;
        Driver = driver;
        Content = content;
        _layers = layers;
        References = references;
        Images = images;
        Origins = origins;
        Distribution = distribution;
    }

    /// <summary>The absolute path of the data root.</summary>
    public string Path { get; }

    /// <summary>The directory for mount points.</summary>
    public string MountDirectory { get; }

    /// <summary>The clock that the stores go by.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>The storage driver.</summary>
    public IStorageDriver Driver { get; }

    /// <summary>Blobs and manifests.</summary>
    public IContentStore Content { get; }

    /// <summary>Unpacked layers.</summary>
    public ILayerStore Layers => _layers;

    /// <summary>Tags and digests.</summary>
    public IReferenceStore References { get; }

    /// <summary>Image configs.</summary>
    public IImageStore Images { get; }

    /// <summary>By which manifests images came.</summary>
    public IImageOriginStore Origins { get; }

    /// <summary>Which blobs layers came from.</summary>
    public DistributionMetadataStore Distribution { get; }

    /// <summary>Opens a data root, making what is missing.</summary>
    /// <param name="options">Where and how; null for the defaults. Read once.</param>
    /// <param name="loggerFactory">For the logs of all stores; null for none.</param>
    /// <returns>The root; the caller disposes it.</returns>
    /// <exception cref="OciException">The driver is unknown (<see cref="OciErrorKind.InvalidInput"/>) or does not work here (<see cref="OciErrorKind.Unsupported"/>).</exception>
    /// <exception cref="StorageException">The directory cannot be made or written.</exception>
    public static ImageRoot Open(ImageRootOptions? options = null, ILoggerFactory? loggerFactory = null)
    {
        options ??= new ImageRootOptions();
        loggerFactory ??= NullLoggerFactory.Instance;
        // Known before anything is made: a mistyped name leaves no directories behind, and none is a path.
        var createDriver = FindDriver(options);
        var paths = new RootPaths(options.Path, options.Driver);
        paths.Create();
        var driver = createDriver(new StorageDriverContext(paths.DriverHome, paths.Mounts, loggerFactory));
        return new ImageRoot(
            paths,
            options.TimeProvider,
            driver,
            new LocalContentStore(paths.Content, new LocalContentStoreOptions { TimeProvider = options.TimeProvider }, loggerFactory.CreateLogger<LocalContentStore>()),
            new FileLayerStore(paths.LayerDb, driver, null, loggerFactory.CreateLogger<FileLayerStore>()),
            new FileReferenceStore(
                paths.Repositories, new FileReferenceStoreOptions { LockPath = paths.ReferenceLock }, loggerFactory.CreateLogger<FileReferenceStore>()),
            new FileImageStore(
                paths.ImageDb, new FileImageStoreOptions { IndexPath = paths.ImageIndex }, loggerFactory.CreateLogger<FileImageStore>()),
            new FileImageOriginStore(paths.Origins),
            new DistributionMetadataStore(paths.Distribution, loggerFactory.CreateLogger<DistributionMetadataStore>()));
    }

    /// <summary>Closes the root; mounts that are held stay until they are disposed.</summary>
    /// <returns>A task.</returns>
    public async ValueTask DisposeAsync()
    {
        await _layers.DisposeAsync().ConfigureAwait(false);
        await Driver.DisposeAsync().ConfigureAwait(false);
    }

    private static Func<StorageDriverContext, IStorageDriver> FindDriver(ImageRootOptions options)
    {
        string name = options.Driver;
        if (name == "blob")
            return context => new BlobDriver(context.Home, null, context.LoggerFactory.CreateLogger<BlobDriver>());
        if (OperatingSystem.IsLinux() && name == "overlay2")
            return CreateOverlay2;
        if (OperatingSystem.IsLinux() && name == "vfs")
            return CreateVfs;
        if (name is "overlay2" or "vfs")
            throw new OciException(OciErrorKind.Unsupported, $"The storage driver {name} needs Linux; blob works everywhere.");
        if (IsName(name) && options.Drivers.TryGetValue(name, out var create))
            return create;
        throw new OciException(
            OciErrorKind.InvalidInput, $"There is no storage driver \"{name}\": overlay2, vfs and blob are built in{Added(options)}.");
    }

    [SupportedOSPlatform("linux")]
    private static Overlay2Driver CreateOverlay2(StorageDriverContext context) => new(
        context.Home, new Overlay2DriverOptions { MountsDirectory = context.MountDirectory }, context.LoggerFactory.CreateLogger<Overlay2Driver>());

    [SupportedOSPlatform("linux")]
    private static VfsDriver CreateVfs(StorageDriverContext context) =>
        new(context.Home, null, context.LoggerFactory.CreateLogger<VfsDriver>());

    private static bool IsName(string name) => name.Length > 0 && name.All(character => char.IsAsciiLetterOrDigit(character) || character == '-');

    private static string Added(ImageRootOptions options) =>
        options.Drivers.Count == 0 ? "" : $", added are {string.Join(", ", options.Drivers.Keys.Order(StringComparer.Ordinal))}";
}
