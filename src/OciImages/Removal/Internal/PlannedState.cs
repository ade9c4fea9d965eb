using OciImages.Images;
using OciImages.Layers;
using OciImages.Roots;

namespace OciImages.Removal.Internal;

/// <summary>A copy of what a removal looks at, on which a dry run does what the removal would do.</summary>
internal sealed class PlannedState : IRemovalState
{
    private readonly Dictionary<ImageId, ImageInfo> _images = [];
    private readonly Dictionary<ImageId, List<ImageReference>> _references = [];
    private readonly Dictionary<ChainId, LayerInfo> _layers = [];
    private readonly Dictionary<ChainId, int> _holds = [];
    private readonly IImageUsage _usage;

    private PlannedState(IImageUsage usage) => _usage = usage;

    /// <summary>The images that the plan deleted.</summary>
    public HashSet<ImageId> Deleted { get; } = [];

    public static async Task<PlannedState> ReadAsync(ImageRoot root, IImageUsage usage, CancellationToken cancellationToken)
    {
        var state = new PlannedState(usage);
        await foreach (var entry in root.References.ListAsync(null, cancellationToken).ConfigureAwait(false))
        {
            if (!state._references.TryGetValue(entry.ImageId, out var list))
                state._references.Add(entry.ImageId, list = []);
            list.Add(entry.Reference);
        }
        await foreach (var image in root.Images.ListInfoAsync(cancellationToken).ConfigureAwait(false))
        {
            state._images.Add(image.Id, image);
            state.Hold(image.TopLayer);
        }
        await foreach (var layer in root.Layers.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            state._layers.Add(layer.ChainId, layer);
            if (layer.Parent is { } parent)
                state.Hold(parent);
        }
        await foreach (var layer in root.WritableLayers.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (layer.Parent is { } parent)
                state.Hold(parent);
        }
        return state;
    }

    public ValueTask<IReadOnlyList<ImageReference>> ReferencesAsync(ImageId image, CancellationToken cancellationToken) =>
        new(_references.TryGetValue(image, out var references) ? [.. references] : []);

    public ValueTask<bool> HasChildrenAsync(ImageId image, CancellationToken cancellationToken) =>
        new(_images.Values.Any(other => other.Parent == image));

    public ValueTask<ImageId?> FindParentAsync(ImageId image, CancellationToken cancellationToken) => new(_images.GetValueOrDefault(image)?.Parent);

    public ValueTask<IReadOnlyList<ImageUser>> ListUsersAsync(ImageId image, CancellationToken cancellationToken) =>
        _usage.ListUsersAsync(image, cancellationToken);

    public ValueTask RemoveReferenceAsync(ImageReference reference, ImageId image, CancellationToken cancellationToken)
    {
        _references[image].Remove(reference);
        return default;
    }

    public ValueTask<IReadOnlyList<LayerInfo>> DeleteImageAsync(ImageId image, CancellationToken cancellationToken)
    {
        var removed = new List<LayerInfo>();
        Deleted.Add(image);
        if (!_images.Remove(image, out var info))
            return new(removed);
        for (ChainId? next = info.TopLayer; next is { IsEmpty: false } chain && _layers.TryGetValue(chain, out var layer); next = layer.Parent)
        {
            if (--_holds[chain] > 0)
                break;
            _layers.Remove(chain);
            removed.Add(layer);
        }
        return new(removed);
    }

    private void Hold(ChainId chain) => _holds[chain] = _holds.GetValueOrDefault(chain) + 1;
}
