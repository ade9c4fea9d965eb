using OciImages.Transfers;

namespace OciImages.Push;

/// <summary>How an image is pushed.</summary>
public sealed class PushOptions
{
    /// <summary>
    /// Whether the index that the image was pulled by is pushed, with the images of all its platforms; they must all be here. Otherwise the one
    /// image is pushed that the reference names.
    /// </summary>
    /// <value>Default: false.</value>
    public bool AllPlatforms { get; set; }

    /// <summary>Gets what happens to each layer, in order per layer, from any thread.</summary>
    /// <value>Default: null.</value>
    public IProgress<TransferProgress>? Progress { get; set; }
}
