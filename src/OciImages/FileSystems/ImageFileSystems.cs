using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Catalog;
using OciImages.Layers;
using OciImages.Roots;

namespace OciImages.FileSystems;

/// <summary>Gives access to the files of the images of a data root.</summary>
/// <param name="root">Where images are kept.</param>
/// <param name="catalog">Finds them.</param>
/// <param name="logger">Gets warnings; null for none.</param>
public sealed class ImageFileSystems(ImageRoot root, IImageCatalog catalog, ILogger<ImageFileSystems>? logger = null) : IImageFileSystems
{
    private readonly ILogger _logger = logger ?? NullLogger<ImageFileSystems>.Instance;

    /// <inheritdoc/>
    public async ValueTask<Mount> MountAsync(
        string referenceOrId, MountOptions? options = null, CancellationToken cancellationToken = default)
    {
        var image = await GetAsync(referenceOrId, cancellationToken).ConfigureAwait(false);
        if (image.Top.IsEmpty)
            throw new OciException(OciErrorKind.Unsupported, $"The image {referenceOrId} has no layers: there is nothing to mount.");
        var handle = await AcquireAsync(image.Top, referenceOrId, cancellationToken).ConfigureAwait(false);
        // The kernel keeps what is mounted; the handle only has to last until then.
        await using (handle.ConfigureAwait(false))
            return await handle.MountAsync(options, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<string> KeepMountedAsync(
        string referenceOrId, string? directory = null, CancellationToken cancellationToken = default)
    {
        var image = await GetAsync(referenceOrId, cancellationToken).ConfigureAwait(false);
        string target = directory is null ? DefaultTarget(image) : Path.GetFullPath(directory);
        if (OperatingSystem.IsLinux() && MountPoint.IsMounted(target))
        {
            return directory is null
                ? target
                : throw new OciException(OciErrorKind.Conflict, $"Something is mounted on {target} already.");
        }
        // Without root only the tree's own place can be shown, where the driver has one.
        var options = new MountOptions { Target = directory is null && !Environment.IsPrivilegedProcess ? null : target };
        var mount = await MountAsync(referenceOrId, options, cancellationToken).ConfigureAwait(false);
        await using (mount.ConfigureAwait(false))
        {
            mount.Detach();
            return mount.Path;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<string?> UnmountAsync(string directoryOrImage, CancellationToken cancellationToken = default)
    {
        if (!OperatingSystem.IsLinux())
            throw new OciException(OciErrorKind.Unsupported, "Mounting images needs Linux.");
        string path = Path.GetFullPath(directoryOrImage);
        bool isDefault = !Directory.Exists(path);
        if (isDefault)
            path = DefaultTarget(await GetAsync(directoryOrImage, cancellationToken).ConfigureAwait(false));
        if (!MountPoint.TryUnmount(path, _logger))
            return null;
        if (isDefault || Path.GetDirectoryName(path) == root.MountDirectory)
            Directory.Delete(path);
        return path;
    }

    /// <inheritdoc/>
    public async Task UnpackAsync(string referenceOrId, string directory, CancellationToken cancellationToken = default)
    {
        var image = await GetAsync(referenceOrId, cancellationToken).ConfigureAwait(false);
        if (!OperatingSystem.IsLinux())
            throw new OciException(OciErrorKind.Unsupported, "Unpacking an image needs Linux.");
        PrepareTarget(directory);
        var unpacker = new TreeUnpacker(directory, logger: _logger);
        await using (unpacker.ConfigureAwait(false))
        {
            ChainId chain = default;
            foreach (var diffId in image.Config.DiffIds)
            {
                chain = chain.Append(diffId);
                await ApplyAsync(unpacker, chain, referenceOrId, cancellationToken).ConfigureAwait(false);
            }
            await unpacker.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    [SupportedOSPlatform("linux")]
    private async Task ApplyAsync(TreeUnpacker unpacker, ChainId chain, string referenceOrId, CancellationToken cancellationToken)
    {
        var handle = await AcquireAsync(chain, referenceOrId, cancellationToken).ConfigureAwait(false);
        await using (handle.ConfigureAwait(false))
        {
            var tar = await handle.OpenTarAsync(cancellationToken).ConfigureAwait(false);
            await using (tar.ConfigureAwait(false))
            {
                await unpacker.ApplyAsync(tar, cancellationToken).ConfigureAwait(false);
                // The rest verifies the layer: only the end of the tar knows its DiffID.
                await tar.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private string DefaultTarget(Image image) => Path.Combine(root.MountDirectory, image.Id.Value.Hex);

    private async ValueTask<Image> GetAsync(string referenceOrId, CancellationToken cancellationToken) =>
        (await catalog.InspectAsync(referenceOrId, cancellationToken).ConfigureAwait(false)).Image;

    private async ValueTask<LayerHandle> AcquireAsync(ChainId chain, string referenceOrId, CancellationToken cancellationToken) =>
        await root.Layers.AcquireAsync(chain, cancellationToken).ConfigureAwait(false)
        ?? throw new OciException(OciErrorKind.NotFound, $"The layer {chain} of the image {referenceOrId} is missing in {root.Path}: pull the image again.");

    private static void PrepareTarget(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            if (Directory.EnumerateFileSystemEntries(directory).Any())
                throw new OciException(OciErrorKind.AlreadyExists, $"The directory {directory} is not empty.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "unpack the image", directory);
        }
    }
}
