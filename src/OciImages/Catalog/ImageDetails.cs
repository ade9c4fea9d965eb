using OciImages.Layers;

namespace OciImages.Catalog;

/// <summary>Everything about an image.</summary>
/// <param name="Image">The image with its config and references.</param>
/// <param name="Layers">Its layers, lowest first; shorter than the config's DiffIDs when layers are missing.</param>
/// <param name="DriverName">The storage driver.</param>
public sealed record ImageDetails(Image Image, IReadOnlyList<LayerInfo> Layers, string DriverName)
{
    /// <summary>The size in bytes of the files of all layers.</summary>
    public long Size => Layers.Sum(layer => layer.Size);

    /// <summary>The config's comment, or else that of its last step, as Docker has it; may be empty.</summary>
    public string Comment => Image.Config is { Comment.Length: 0, History: [.., var last] } ? last.Comment : Image.Config.Comment;

    /// <summary>What the driver tells of the topmost layer; null when it tells nothing.</summary>
    public IReadOnlyDictionary<string, string>? DriverData { get; init; }

    /// <summary>The image it was built on, if that is known here.</summary>
    public ImageId? Parent { get; init; }

    /// <summary>When a tag was set to it last; null for never.</summary>
    public DateTimeOffset? LastTagTime { get; init; }
}
