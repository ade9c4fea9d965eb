using OciImages.Roots;

namespace OciImages.Removal;

/// <summary>Takes every writable layer of a data root, such as those of a dockerd's containers, for a container that does not run.</summary>
/// <param name="root">The data root.</param>
public sealed class WritableLayerUsage(ImageRoot root) : IImageUsage
{
    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ImageUser>> ListUsersAsync(ImageId imageId, CancellationToken cancellationToken = default)
    {
        var users = new List<ImageUser>();
        if (await TopLayerAsync(imageId, cancellationToken).ConfigureAwait(false) is not { } top)
            return users;
        await foreach (var layer in root.WritableLayers.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (layer.Parent == top)
                users.Add(new ImageUser(layer.Name, IsRunning: false));
        }
        return users;
    }

    private async ValueTask<ChainId?> TopLayerAsync(ImageId image, CancellationToken cancellationToken)
    {
        var diffIds = (await root.Images.FindAsync(image, cancellationToken).ConfigureAwait(false))?.DiffIds;
        return diffIds is null or { Count: 0 } ? null : ChainId.Of([.. diffIds]);
    }
}
