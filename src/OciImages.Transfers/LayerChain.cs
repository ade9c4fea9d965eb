using OciImages.Layers;

namespace OciImages.Transfers;

/// <summary>The layers of an image, all committed. While it is not disposed they stay.</summary>
public sealed class LayerChain : IAsyncDisposable
{
    private readonly LayerHandle? _top;

    internal LayerChain(LayerHandle? top, int existing)
    {
        _top = top;
        ExistingLayers = existing;
    }

    /// <summary>The topmost layer; null when the image has no layers.</summary>
    public LayerInfo? Top => _top?.Layer;

    /// <summary>How many of the layers, from the base up, were here before.</summary>
    public int ExistingLayers { get; }

    /// <summary>Lets the layers go.</summary>
    /// <returns>A task.</returns>
    public ValueTask DisposeAsync() => _top?.DisposeAsync() ?? ValueTask.CompletedTask;
}
