using OciImages.Transfers;

namespace OciImages.Push;

/// <summary>What a push brought to the registry.</summary>
/// <param name="Reference">The reference that was pushed, with the tag it had or was given.</param>
/// <param name="ImageId">The image that the reference names here.</param>
/// <param name="Manifest">What the reference names in the registry now: an image manifest or an index.</param>
/// <param name="Layers">What became of each layer, the configs not counted.</param>
public sealed record PushResult(ImageReference Reference, ImageId ImageId, Descriptor Manifest, IReadOnlyList<LayerUploadResult> Layers)
{
    /// <summary>
    /// Whether the manifest was made for this push, because none is here: of an image that was not pulled by this library. Its digest is then new to
    /// everybody.
    /// </summary>
    /// <value>Default: false.</value>
    public bool IsNewManifest { get; init; }
}
