using OciImages.Configs;

namespace OciImages.Catalog;

/// <summary>An image of a store.</summary>
/// <param name="Config">The config, whose digest is the image's ID.</param>
public sealed record Image(ImageConfig Config)
{
    /// <summary>The ID.</summary>
    public ImageId Id => Config.Id;

    /// <summary>The topmost layer with everything below it; empty when the image has no layers.</summary>
    public ChainId Top => ChainId.Of(Config.DiffIds.ToArray());

    /// <summary>The references with a tag, in familiar form and in order.</summary>
    public required IReadOnlyList<string> RepoTags { get; init; }

    /// <summary>The references with a digest, in familiar form and in order.</summary>
    public required IReadOnlyList<string> RepoDigests { get; init; }
}
