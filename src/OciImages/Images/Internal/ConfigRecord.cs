using OciImages.Configs;

namespace OciImages.Images.Internal;

/// <summary>What is kept of a config that was read and verified. The ID is its hash: this is true for ever.</summary>
/// <param name="Info">The image, without its parent.</param>
/// <param name="Stamp">The file as it was verified.</param>
/// <param name="HasLabels">Whether the labels are in <paramref name="Info"/>; many are left to the config.</param>
internal sealed record ConfigRecord(ImageInfo Info, FileStamp Stamp, bool HasLabels)
{
    // An image may have megabytes of them; what is kept of ten thousand images stays in memory.
    private const int MaxLabelCharacters = 8192;

    internal static ConfigRecord Of(ImageConfig config, FileStamp stamp)
    {
        var labels = LabelsOf(config);
        bool few = labels.Sum(label => (long)label.Key.Length + label.Value.Length) <= MaxLabelCharacters;
        var info = new ImageInfo(
            config.Id, ChainId.Of(config.DiffIds.ToArray()), config.Platform, config.Created, few ? labels : new Dictionary<string, string>());
        return new ConfigRecord(info, stamp, few);
    }

    internal static IReadOnlyDictionary<string, string> LabelsOf(ImageConfig config) => config.Config?.Labels ?? new Dictionary<string, string>();
}
