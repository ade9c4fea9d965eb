using OciImages.Catalog.Internal;
using OciImages.Commit.Internal;
using OciImages.Configs;
using OciImages.Events;
using OciImages.Import.Internal;
using OciImages.Layers;
using OciImages.Roots;

namespace OciImages.Commit;

/// <summary>Makes images of writable layers of a data root. moby, <c>daemon/images/image_commit.go</c> and <c>image.NewChildImage</c>.</summary>
/// <param name="root">Where images are kept.</param>
/// <param name="events">Is told of tags.</param>
public sealed class ImageCommitter(ImageRoot root, ImageEvents events) : IImageCommitter
{
    // The tar of no files: two blocks of zeros. As in Docker, an image has no layer for it.
    private static readonly DiffId Empty = new(Digest.Compute(new byte[1024]));

    /// <inheritdoc/>
    public async Task<ImageId> CommitAsync(string layerName, CommitOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(layerName);
        options ??= new CommitOptions();
        if (options.Reference is { Digest: not null })
            throw new OciException(OciErrorKind.InvalidInput, "refusing to create a tag with a digest reference");
        var writable = await root.WritableLayers.FindAsync(layerName, cancellationToken).ConfigureAwait(false)
            ?? throw new OciException(OciErrorKind.NotFound, $"There is no writable layer {layerName}.");
        var parent = await FindParentAsync(writable, options.Image, cancellationToken).ConfigureAwait(false);
        // What is wrong with the changes is known before anything is written.
        var ran = options.ContainerConfig ?? parent?.Config ?? new ContainerConfig();
        var config = ConfigMerge.Merge(ConfigChanges.Apply(options.Config ?? ran, options.Changes), ran);

        var layer = await writable.CommitAsync(cancellationToken).ConfigureAwait(false);
        await using (layer.ConfigureAwait(false))
        {
            bool isEmpty = layer.Layer.DiffId == Empty;
            bool isKept = false;
            try
            {
                var image = CreateConfig(parent, layerName, options, ran, config, isEmpty ? null : layer.Layer.DiffId);
                await new NewImage(root, events).AddAsync(image, parent?.Id, options.Reference?.WithDefaultTag(), cancellationToken).ConfigureAwait(false);
                isKept = !isEmpty;
                return image.Id;
            }
            finally
            {
                if (!isKept)
                    await layer.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private ImageConfig CreateConfig(
        ImageConfig? parent, string layerName, CommitOptions options, ContainerConfig ran, ContainerConfig config, DiffId? layer)
    {
        var step = new HistoryEntry
        {
            Created = root.TimeProvider.GetUtcNow(),
            CreatedBy = string.Join(' ', ran.Cmd ?? []),
            Author = options.Author,
            Comment = options.Comment,
            EmptyLayer = layer is null,
        };
        var builder = parent is null ? new ImageConfigBuilder { Platform = HostPlatform() } : new ImageConfigBuilder(parent);
        builder.Created = step.Created;
        builder.Author = options.Author;
        builder.Comment = "";
        builder.DockerVersion = "";
        builder.Container = layerName;
        builder.Config = config;
        builder.ContainerConfig = ran;
        builder.History.Add(step);
        if (layer is { } diffId)
            builder.DiffIds.Add(diffId);
        return builder.Build();
    }

    private static Platform HostPlatform() => new("linux", Platform.Current.Architecture, Platform.Current.Variant);

    private async Task<ImageConfig?> FindParentAsync(WritableLayer writable, ImageId? named, CancellationToken cancellationToken)
    {
        if (named is { } id)
        {
            var image = await root.Images.FindAsync(id, cancellationToken).ConfigureAwait(false) ?? throw FamiliarNames.NoSuchImage(id.ToString());
            ChainId? top = image.DiffIds.Count == 0 ? null : ChainId.Of([.. image.DiffIds]);
            return top == writable.Parent
                ? image
                : throw new OciException(OciErrorKind.InvalidInput, $"The writable layer {writable.Name} does not stand on the image {id}.");
        }
        if (writable.Parent is not { } below)
            return null;
        ImageConfig? only = null;
        await foreach (var candidate in root.Images.ListByTopLayerAsync(below, cancellationToken).ConfigureAwait(false))
        {
            if (only is not null)
            {
                throw new OciException(
                    OciErrorKind.Conflict, $"The writable layer {writable.Name} may be of the image {only.Id.Short} or {candidate.Short}: say which.");
            }
            only = await root.Images.FindAsync(candidate, cancellationToken).ConfigureAwait(false);
        }
        return only ?? throw new OciException(OciErrorKind.NotFound, $"The image of the writable layer {writable.Name} is not here any more.");
    }
}
