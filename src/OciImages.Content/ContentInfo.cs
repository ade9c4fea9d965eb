namespace OciImages.Content;

/// <summary>What a store knows of committed content.</summary>
/// <param name="Digest">The digest.</param>
/// <param name="Size">The size in bytes.</param>
/// <param name="CreatedAt">When it was committed.</param>
public sealed record ContentInfo(Digest Digest, long Size, DateTimeOffset CreatedAt)
{
    /// <summary>Arbitrary metadata.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}
