namespace OciImages.Catalog;

/// <summary>An image as a listing shows it; the members are those of Docker's <c>GET /images/json</c>.</summary>
/// <param name="Id">The ID.</param>
/// <param name="RepoTags">The references with a tag, in familiar form and in order.</param>
/// <param name="RepoDigests">The references with a digest, in familiar form and in order.</param>
/// <param name="Created">When it was made; null when its config does not say.</param>
/// <param name="Size">The size in bytes of the files of all its layers.</param>
/// <param name="Labels">The labels of its config.</param>
public sealed record ImageSummary(
    ImageId Id,
    IReadOnlyList<string> RepoTags,
    IReadOnlyList<string> RepoDigests,
    DateTimeOffset? Created,
    long Size,
    IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>The topmost layer with everything below it; <c>default</c> when the image has no layers.</summary>
    public ChainId TopLayer { get; init; }

    /// <summary>The image that it was built on, if that is noted here.</summary>
    public ImageId? Parent { get; init; }

    /// <summary>The size in bytes of those of its layers that another listed image has too; null when that was not asked for.</summary>
    public long? SharedSize { get; init; }

    /// <summary>How many containers use it; null when that was not asked for.</summary>
    public int? Containers { get; init; }
}
