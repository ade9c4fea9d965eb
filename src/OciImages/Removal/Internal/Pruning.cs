using OciImages.Layers;

namespace OciImages.Removal.Internal;

/// <summary>Removes candidate after candidate, and goes on where something stands in the way.</summary>
internal sealed class Pruning(IRemovalState state, PruneOptions options)
{
    private readonly List<RemovedItem> _items = [];
    private readonly List<BlockedImage> _blocked = [];

    public IReadOnlyList<RemovedItem> Items => _items;

    public IReadOnlyList<BlockedImage> Blocked => _blocked;

    public List<LayerInfo> Layers { get; } = [];

    /// <summary>Removes one candidate, if it is one still.</summary>
    public async Task RemoveAsync(ImageId image, CancellationToken cancellationToken)
    {
        var references = await state.ReferencesAsync(image, cancellationToken).ConfigureAwait(false);
        if (references.Count == 0)
        {
            await TryAsync(image, removal => removal.RemoveImageAsync(image, cancellationToken)).ConfigureAwait(false);
            return;
        }
        if (!options.All && references.Any(reference => reference.Digest is null))
            return;
        foreach (var reference in references)
        {
            // The last tag of a repository takes its digests along.
            if ((await state.ReferencesAsync(image, cancellationToken).ConfigureAwait(false)).Contains(reference))
                await TryAsync(image, removal => removal.RemoveReferenceAsync(reference.ToString(), reference, image, cancellationToken)).ConfigureAwait(false);
        }
    }

    private async Task TryAsync(ImageId image, Func<Removal, Task> remove)
    {
        var removal = new Removal(state, force: false, keepParents: false);
        try
        {
            await remove(removal).ConfigureAwait(false);
        }
        catch (OciException e) when (e.Kind == OciErrorKind.Conflict)
        {
            _blocked.Add(new BlockedImage(image, e.Message));
        }
        _items.AddRange(removal.Items);
        Layers.AddRange(removal.Layers);
    }
}
