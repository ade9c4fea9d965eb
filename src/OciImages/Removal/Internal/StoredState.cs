using OciImages.Events;
using OciImages.Layers;
using OciImages.Roots;

namespace OciImages.Removal.Internal;

/// <summary>The stores of a data root, for a removal. Its caller holds the root's lock.</summary>
internal sealed class StoredState(ImageRoot root, IImageUsage usage, ImageEvents events) : IRemovalState
{
    public async ValueTask<IReadOnlyList<ImageReference>> ReferencesAsync(ImageId image, CancellationToken cancellationToken)
    {
        var references = new List<ImageReference>();
        await foreach (var entry in root.References.ListAsync(image, cancellationToken).ConfigureAwait(false))
            references.Add(entry.Reference);
        return references;
    }

    public async ValueTask<bool> HasChildrenAsync(ImageId image, CancellationToken cancellationToken)
    {
        await foreach (var _ in root.Images.ListChildrenAsync(image, cancellationToken).ConfigureAwait(false))
            return true;
        return false;
    }

    public ValueTask<ImageId?> FindParentAsync(ImageId image, CancellationToken cancellationToken) =>
        root.Images.GetParentAsync(image, cancellationToken);

    public ValueTask<IReadOnlyList<ImageUser>> ListUsersAsync(ImageId image, CancellationToken cancellationToken) =>
        usage.ListUsersAsync(image, cancellationToken);

    public async ValueTask RemoveReferenceAsync(ImageReference reference, ImageId image, CancellationToken cancellationToken)
    {
        await root.References.RemoveAsync(reference, cancellationToken).ConfigureAwait(false);
        await root.LayoutTags.RemoveAsync(reference, cancellationToken).ConfigureAwait(false);
        Publish(ImageEventType.Untag, image, reference.ToFamiliarString());
    }

    // The config goes before its layers: an image whose layers are missing is worse than layers without an image, which the next collection takes.
    public async ValueTask<IReadOnlyList<LayerInfo>> DeleteImageAsync(ImageId image, CancellationToken cancellationToken)
    {
        var top = await TopLayerAsync(image, cancellationToken).ConfigureAwait(false);
        var handle = top is { } chain ? await root.Layers.AcquireAsync(chain, cancellationToken).ConfigureAwait(false) : null;
        try
        {
            await root.Images.DeleteAsync(image, cancellationToken).ConfigureAwait(false);
            await root.Origins.DeleteAsync(image, CancellationToken.None).ConfigureAwait(false);
            Publish(ImageEventType.Delete, image, image.ToString());
            return handle is null ? [] : await handle.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            if (handle is not null)
                await handle.DisposeAsync().ConfigureAwait(false);
        }
    }

    // A damaged config can be deleted too; its layers are for the next collection.
    private async ValueTask<ChainId?> TopLayerAsync(ImageId image, CancellationToken cancellationToken)
    {
        try
        {
            var diffIds = (await root.Images.FindAsync(image, cancellationToken).ConfigureAwait(false))?.DiffIds;
            return diffIds is null or { Count: 0 } ? null : ChainId.Of([.. diffIds]);
        }
        catch (OciException e) when (e.Kind == OciErrorKind.Corrupt)
        {
            return null;
        }
    }

    private void Publish(ImageEventType type, ImageId image, string reference) =>
        events.Publish(new ImageEvent(type, image, reference, root.TimeProvider.GetUtcNow()));
}
