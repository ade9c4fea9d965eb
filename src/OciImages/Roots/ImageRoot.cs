using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Content;
using OciImages.Content.Local;
using OciImages.Distribution;
using OciImages.Images;
using OciImages.IO;
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
/// ROOT/oci-images/{version,content,mounts}   the format, blobs and manifests (an OCI image layout), mount points
/// ROOT/oci-images/DRIVER/               where images came from, the index of images, locks
/// </code>
/// What a process left that was killed, the next to open the root sweeps. A root on a read-only file system, or a full disk, is opened for
/// reading; a call that would change it fails and names what it cannot write.
/// </remarks>
public sealed class ImageRoot : IAsyncDisposable
{
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(60);

    private readonly RootPaths _paths;
    private readonly FileLayerStore _layers;
    private readonly FileReferenceStore _references;
    private readonly FileImageStore _images;
    private readonly FileImageOriginStore _origins;
    private readonly StoreLock _lock;
    private readonly RootSession? _session;

    private ImageRoot(RootPaths paths, TimeProvider timeProvider, IStorageDriver driver, LocalContentStore content, FileLayerStore layers,
        FileReferenceStore references, FileImageStore images, FileImageOriginStore origins, DistributionMetadataStore distribution)
    {
        _paths = paths;
        _session = RootSession.Start(paths);
        TimeProvider = timeProvider;
        Driver = driver;
        LocalContent = content;
        _layers = layers;
        _references = references;
        _images = images;
        _origins = origins;
        Distribution = distribution;
        LayoutTags = new LayoutTags(content, origins);
        _lock = new StoreLock(paths.ImagesLock, LockTimeout, timeProvider);
    }

    /// <summary>The absolute path of the data root.</summary>
    public string Path => _paths.Root;

    /// <summary>The directory for mount points.</summary>
    public string MountDirectory => _paths.Mounts;

    /// <summary>The clock that the stores go by.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>The storage driver.</summary>
    public IStorageDriver Driver { get; }

    /// <summary>Blobs and manifests.</summary>
    public IContentStore Content => LocalContent;

    /// <summary>Unpacked layers.</summary>
    public ILayerStore Layers => _layers;

    /// <summary>Layers that can be written, such as those of a dockerd's containers.</summary>
    public IWritableLayerStore WritableLayers => _layers.WritableLayers;

    /// <summary>Tags and digests.</summary>
    public IReferenceStore References => _references;

    /// <summary>Image configs.</summary>
    public IImageStore Images => _images;

    /// <summary>By which manifests images came.</summary>
    public IImageOriginStore Origins => _origins;

    /// <summary>Which blobs layers came from.</summary>
    public DistributionMetadataStore Distribution { get; }

    internal LayoutTags LayoutTags { get; }

    internal LocalContentStore LocalContent { get; }

    internal FileLayerStore FileLayers => _layers;

    internal RootPaths Paths => _paths;

    /// <summary>Opens a data root, making what is missing.</summary>
    /// <param name="options">Where and how; null for the defaults. Read once.</param>
    /// <param name="loggerFactory">For the logs of all stores; null for none.</param>
    /// <returns>The root; the caller disposes it.</returns>
    /// <exception cref="OciException">The driver is unknown (<see cref="OciErrorKind.InvalidInput"/>) or does not work here (<see cref="OciErrorKind.Unsupported"/>).</exception>
    /// <exception cref="StorageException">
    /// The directory cannot be made or read; it is not empty and no data root (<see cref="OciErrorKind.InvalidInput"/>), so that a mistyped
    /// path harms nothing; or a newer version made it (<see cref="OciErrorKind.Unsupported"/>).
    /// </exception>
    public static ImageRoot Open(ImageRootOptions? options = null, ILoggerFactory? loggerFactory = null)
    {
        options ??= new ImageRootOptions();
        loggerFactory ??= NullLoggerFactory.Instance;
        // Known before anything is made: a mistyped name leaves no directories behind, and none is a path.
        var createDriver = FindDriver(options);
        var paths = new RootPaths(options.Path, options.Driver);
        RootOpening.Open(paths, loggerFactory.CreateLogger<ImageRoot>());
        var driver = createDriver(new StorageDriverContext(paths.DriverHome, paths.Mounts, loggerFactory));
        var images = new FileImageStore(
            paths.ImageDb, new FileImageStoreOptions { IndexPath = paths.ImageIndex }, loggerFactory.CreateLogger<FileImageStore>());
        var layerOptions = new FileLayerStoreOptions { IsInUse = images.IsTopLayerAsync, TimeProvider = options.TimeProvider };
        return new ImageRoot(
            paths,
            options.TimeProvider,
            driver,
            new LocalContentStore(paths.Content, new LocalContentStoreOptions { TimeProvider = options.TimeProvider }, loggerFactory.CreateLogger<LocalContentStore>()),
            new FileLayerStore(paths.LayerDb, driver, layerOptions, loggerFactory.CreateLogger<FileLayerStore>()),
            new FileReferenceStore(
                paths.Repositories, new FileReferenceStoreOptions { LockPath = paths.ReferenceLock }, loggerFactory.CreateLogger<FileReferenceStore>()),
            images,
            new FileImageOriginStore(paths.Origins),
            new DistributionMetadataStore(paths.Distribution, loggerFactory.CreateLogger<DistributionMetadataStore>()));
    }

    /// <summary>
    /// Takes the lock under which an image and what names it change together, in every process: whoever names an image finds it there, and whoever
    /// deletes one finds no name that came meanwhile. To be held for a moment, and never while waiting for a registry.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The hold; disposing it releases.</returns>
    /// <exception cref="StorageException">Another process held it for a minute: the message names it (<see cref="OciErrorKind.Unavailable"/>).</exception>
    public ValueTask<IDisposable> LockAsync(CancellationToken cancellationToken = default) => _lock.AcquireAsync(cancellationToken);

    /// <summary>
    /// Checks the records of images: configs, what is noted of them, references, origins, and what interrupted writes left; that the layers and
    /// manifests are there that they name. What layers and content hold is checked by their own stores; <see cref="IImageChecker"/> checks all.
    /// </summary>
    /// <param name="repair">Whether to do what the findings say a repair does. A repair deletes nothing that anything refers to.</param>
    /// <param name="cancellationToken">Cancels the check between two steps.</param>
    /// <returns>What was found, as it is found.</returns>
    /// <exception cref="StorageException">The disk refuses.</exception>
    public IAsyncEnumerable<StoreFinding> CheckRecordsAsync(bool repair = false, CancellationToken cancellationToken = default) =>
        new RecordCheck(this, _paths, _images, _references, _origins, repair).RunAsync(cancellationToken);

    /// <summary>Closes the root; mounts that are held stay until they are disposed.</summary>
    /// <returns>A task.</returns>
    public async ValueTask DisposeAsync()
    {
        await _layers.DisposeAsync().ConfigureAwait(false);
        await Driver.DisposeAsync().ConfigureAwait(false);
        _session?.Dispose();
    }

    /// <summary>The records of the storage drivers that this root was used with besides its own, by whoever. They are read, and made nowhere.</summary>
    internal IEnumerable<(IReferenceStore References, IImageStore Images, IImageOriginStore Origins)> OpenRecordsOfOtherDrivers()
    {
        foreach (string driver in _paths.ListOtherDrivers())
        {
            var paths = new RootPaths(Path, driver);
            yield return (
                new FileReferenceStore(paths.Repositories, new FileReferenceStoreOptions { LockPath = paths.ReferenceLock }),
                new FileImageStore(paths.ImageDb, new FileImageStoreOptions { IndexPath = paths.ImageIndex }),
                new FileImageOriginStore(paths.Origins));
        }
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
