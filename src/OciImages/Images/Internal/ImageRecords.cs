namespace OciImages.Images.Internal;

/// <summary>Everything that is known of images, in the store or not; what was learnt last counts.</summary>
internal sealed class ImageRecords
{
    internal Dictionary<ImageId, ConfigRecord> Configs { get; } = [];

    internal Dictionary<ImageId, ParentRecord> Parents { get; } = [];

    internal void Add(ConfigRecord record) => Configs[record.Info.Id] = record;

    internal void Add(ParentRecord record) => Parents[record.Id] = record;
}
