using OciImages.Layers;
using OciImages.Roots;

namespace OciImages.FileSystems;

/// <summary>Gives access to the files of the images of a data root.</summary>
/// <param name="root">Where images are kept.</param>
/// <param name="catalog">Finds them.</param>
public sealed class ImageFileSystems(ImageRoot root, IImageCatalog catalog) : IImageFileSystems
{
    /// <inheritdoc/>
    public async ValueTask<Mount> MountAsync(
        string referenceOrId, MountOptions? options = null, CancellationToken cancellationToken = default)
    {
        var image = (await catalog.InspectAsync(referenceOrId, cancellationToken).ConfigureAwait(false)).Image;
        if (image.Top.IsEmpty)
            throw new OciException(OciErrorKind.Unsupported, $"The image {referenceOrId} has no layers: there is nothing to mount.");
        var handle = await AcquireAsync(image.Top, referenceOrId, cancellationToken).ConfigureAwait(false);
        // The kernel keeps what is mounted; the handle only has to last until then.
        await using (handle.ConfigureAwait(false))
            return await handle.MountAsync(options, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task UnpackAsync(string referenceOrId, string directory, CancellationToken cancellationToken = default)
    {
        var image = (await catalog.InspectAsync(referenceOrId, cancellationToken).ConfigureAwait(false)).Image;
        PrepareTarget(directory);
        ChainId chain = default;
        foreach (var diffId in image.Config.DiffIds)
        {
            chain = chain.Append(diffId);
            var handle = await AcquireAsync(chain, referenceOrId, cancellationToken).ConfigureAwait(false);
            await using (handle.ConfigureAwait(false))
            {
                var tar = await handle.OpenTarAsync(cancellationToken).ConfigureAwait(false);
                await using (tar.ConfigureAwait(false))
                    await LayerUnpacker.ApplyAsync(tar, directory, cancellationToken: cancellationToken).ConfigureAwait(false);
            }
        }
    }

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
