using OciImages.Archives.Internal;
using OciImages.Configs;
using OciImages.Events;
using OciImages.Import.Internal;
using OciImages.Layers;
using OciImages.Layers.Compression;
using OciImages.Roots;

namespace OciImages.Import;

/// <summary>Makes images of root file systems. moby, <c>daemon/images/image_import.go</c>.</summary>
/// <param name="root">Where images are kept.</param>
/// <param name="events">Is told of imports and tags.</param>
public sealed class ImageImporter(ImageRoot root, ImageEvents events) : IImageImporter
{
    /// <inheritdoc/>
    public async Task<ImageId> ImportAsync(Stream rootFileSystem, ImportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rootFileSystem);
        options ??= new ImportOptions();
        // What is wrong with the options is known before anything is read.
        if (options.Reference is { Digest: not null })
            throw new OciException(OciErrorKind.InvalidInput, "cannot import digest reference");
        var platform = options.Platform ?? new Platform("linux", Platform.Current.Architecture, Platform.Current.Variant);
        if (platform.Os != "linux")
            throw new OciException(OciErrorKind.InvalidInput, "operating system is not supported");
        var config = ConfigChanges.Apply(new ContainerConfig(), options.Changes);

        var layer = await AddLayerAsync(rootFileSystem, options, cancellationToken).ConfigureAwait(false);
        await using (layer.ConfigureAwait(false))
        {
            try
            {
                var image = CreateConfig(config, platform, options, layer.Layer.DiffId);
                await new NewImage(root, events).AddAsync(image, null, options.Reference?.WithDefaultTag(), cancellationToken).ConfigureAwait(false);
                string name = options.Reference?.WithDefaultTag().ToFamiliarString() ?? image.Id.ToString();
                events.Publish(new ImageEvent(ImageEventType.Import, image.Id, name, root.TimeProvider.GetUtcNow()));
                return image.Id;
            }
            catch
            {
                await layer.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
                throw;
            }
        }
    }

    private async Task<LayerHandle> AddLayerAsync(Stream rootFileSystem, ImportOptions options, CancellationToken cancellationToken)
    {
        var limits = new LayerCompressionOptions { MaxDecompressedSize = options.MaxUnpackedSize };
        var tar = await ArchiveCompression.OpenAsync(rootFileSystem, limits, cancellationToken).ConfigureAwait(false);
        await using (tar.ConfigureAwait(false))
        {
            var staged = await root.Layers.StageAsync(tar, null, cancellationToken).ConfigureAwait(false);
            await using (staged.ConfigureAwait(false))
                return await staged.CommitAsync(null, cancellationToken).ConfigureAwait(false);
        }
    }

    private ImageConfig CreateConfig(ContainerConfig config, Platform platform, ImportOptions options, DiffId layer)
    {
        var created = root.TimeProvider.GetUtcNow();
        string comment = string.IsNullOrEmpty(options.Message) ? new ImportOptions().Message : options.Message;
        return new ImageConfigBuilder
        {
            Platform = platform,
            Created = created,
            Comment = comment,
            Config = config,
            ContainerConfig = new ContainerConfig(),
            DiffIds = { layer },
            History = { new HistoryEntry { Created = created, Comment = comment } },
        }.Build();
    }
}
