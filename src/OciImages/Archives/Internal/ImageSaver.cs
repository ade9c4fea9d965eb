using System.Text.Json;
using OciImages.Catalog;
using OciImages.Content;
using OciImages.Events;
using OciImages.Manifests;
using OciImages.Push.Internal;
using OciImages.Roots;

namespace OciImages.Archives.Internal;

/// <summary>
/// Writes images as an OCI image layout with Docker's <c>manifest.json</c> beside it. What tells the rest comes first, so that a reader knows what it needs
/// before it comes. An image that was pulled is written as the blobs that it was pulled as, which are only copied; one that has no blobs here gets a
/// manifest of its uncompressed layers.
/// </summary>
internal sealed class ImageSaver(ImageRoot root, IImageCatalog catalog, ImageEvents events, SaveOptions options)
{
    private const string NameAnnotation = "io.containerd.image.name";
    private const string RefNameAnnotation = "org.opencontainers.image.ref.name";

    private readonly PushContentFinder _finder = new(root);

    public async Task SaveAsync(IReadOnlyList<string> names, Stream destination, CancellationToken cancellationToken)
    {
        var wanted = await new SavedNames(root, catalog).ResolveAsync(names, cancellationToken).ConfigureAwait(false);
        var lease = await root.Content.CreateLeaseAsync(new ContentLeaseOptions { EndsWithProcess = true }, cancellationToken).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            var blobs = new SavedBlobs(root, lease);
            await using (blobs.ConfigureAwait(false))
            {
                var images = new List<SavedImage>(wanted.Count);
                foreach (var (image, tags) in wanted)
                    images.Add(await PlanAsync(image, tags, blobs, cancellationToken).ConfigureAwait(false));
                await WriteAsync(images, blobs, destination, cancellationToken).ConfigureAwait(false);
                foreach (var image in images)
                    events.Publish(new ImageEvent(ImageEventType.Save, image.Config.Id, image.Config.Id.ToString(), root.TimeProvider.GetUtcNow()));
            }
        }
    }

    private async Task<SavedImage> PlanAsync(Image image, IReadOnlyList<ImageReference> tags, SavedBlobs blobs, CancellationToken cancellationToken)
    {
        var content = await _finder.FindAsync(tags is [var first, ..] ? first : null, image.Id, options.AllPlatforms, cancellationToken).ConfigureAwait(false);
        if (content is not null && await blobs.TryAddAsync(content, cancellationToken).ConfigureAwait(false))
        {
            var own = content.Images.First(manifest => manifest.Config.Digest == image.Id.Value);
            return new SavedImage(image.Config, own, content.Root, tags);
        }
        if (options.AllPlatforms)
            throw new OciException(OciErrorKind.NotFound, $"Not all of what {image.Id} was pulled with is here: it cannot be saved for all platforms.");
        var manifest = await blobs.AddUncompressedAsync(image.Config, cancellationToken).ConfigureAwait(false);
        return new SavedImage(image.Config, manifest, manifest, tags);
    }

    private static async Task WriteAsync(IReadOnlyList<SavedImage> images, SavedBlobs blobs, Stream destination, CancellationToken cancellationToken)
    {
        var tar = new ArchiveWriter(destination);
        await tar.WriteAsync("oci-layout", """{"imageLayoutVersion": "1.0.0"}"""u8.ToArray(), cancellationToken).ConfigureAwait(false);
        await tar.WriteAsync("index.json", Index(images).Content.Bytes, cancellationToken).ConfigureAwait(false);
        await tar.WriteAsync("manifest.json", DockerManifest(images), cancellationToken).ConfigureAwait(false);
        await tar.WriteDirectoryAsync("blobs", cancellationToken).ConfigureAwait(false);
        foreach (var group in blobs.InOrder.GroupBy(blob => blob.Digest.Algorithm.Name))
        {
            await tar.WriteDirectoryAsync($"blobs/{group.Key}", cancellationToken).ConfigureAwait(false);
            foreach (var blob in group)
            {
                var content = new VerifiedStream(await blob.OpenAsync(cancellationToken).ConfigureAwait(false), blob.Digest, blob.Size);
                await using (content.ConfigureAwait(false))
                    await tar.WriteAsync(BlobName(blob.Digest), content, blob.Size, cancellationToken).ConfigureAwait(false);
            }
        }
        await tar.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    private static ImageIndex Index(IReadOnlyList<SavedImage> images) => ImageIndex.Create([.. images.SelectMany(Entries)]);

    private static IEnumerable<Descriptor> Entries(SavedImage image)
    {
        var root = image.Root.Content.Descriptor;
        return image.Tags.Count == 0 ? [root] : image.Tags.Select(tag => root with
        {
            Annotations = new Dictionary<string, string> { [NameAnnotation] = tag.ToString(), [RefNameAnnotation] = tag.Tag! },
        });
    }

    private static byte[] DockerManifest(IReadOnlyList<SavedImage> images)
    {
        var entries = images.Select(image => new DockerArchiveEntry
        {
            Config = BlobName(image.Config.Id.Value),
            RepoTags = image.Tags.Count == 0 ? null : [.. image.Tags.Select(tag => tag.ToFamiliarString())],
            Layers = [.. image.Manifest.Layers.Select(layer => BlobName(layer.Digest))],
        });
        byte[] json = JsonSerializer.SerializeToUtf8Bytes([.. entries], ArchiveJson.Default.IReadOnlyListDockerArchiveEntry);
        return [.. json, (byte)'\n'];
    }

    private static string BlobName(Digest digest) => $"blobs/{digest.Algorithm.Name}/{digest.Hex}";
}
