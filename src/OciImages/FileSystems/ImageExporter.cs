using OciImages.Layers;
using OciImages.Layers.Diff;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace OciImages.FileSystems;

/// <summary>Writes the merged trees of images, which it mounts for as long.</summary>
/// <param name="catalog">Finds them.</param>
/// <param name="fileSystems">Mounts them.</param>
/// <param name="logger">Gets warnings about what no tar can hold; null for none.</param>
public sealed class ImageExporter(IImageCatalog catalog, IImageFileSystems fileSystems, ILogger<ImageExporter>? logger = null) : IImageExporter
{
    private readonly ILogger _logger = logger ?? NullLogger<ImageExporter>.Instance;

    /// <inheritdoc/>
    public async Task ExportAsync(string referenceOrId, Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (!OperatingSystem.IsLinux())
            throw new OciException(OciErrorKind.Unsupported, "Exporting an image needs Linux.");
        var image = (await catalog.InspectAsync(referenceOrId, cancellationToken).ConfigureAwait(false)).Image;
        if (image.Top.IsEmpty)
        {
            // The end of a tar, and nothing before it.
            await destination.WriteAsync(new byte[1024], cancellationToken).ConfigureAwait(false);
            return;
        }
        var mount = await fileSystems.MountAsync(image.Id.ToString(), null, cancellationToken).ConfigureAwait(false);
        await using (mount.ConfigureAwait(false))
            await TreeDiffer.OfTrees(null, mount.Path, null, _logger).WriteDiffAsync(destination, cancellationToken).ConfigureAwait(false);
    }
}
