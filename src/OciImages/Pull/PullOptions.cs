using OciImages.Transfers;

namespace OciImages.Pull;

/// <summary>How an image is pulled.</summary>
public sealed class PullOptions
{
    /// <summary>The platform to choose from an index.</summary>
    /// <value>Default: null, for this machine's.</value>
    public Platform? Platform { get; set; }

    /// <summary>Gets what happens to each layer, in order per layer, from any thread.</summary>
    /// <value>Default: null.</value>
    public IProgress<TransferProgress>? Progress { get; set; }
}
