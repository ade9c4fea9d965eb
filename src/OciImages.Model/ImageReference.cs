namespace OciImages;

/// <summary>A reference to an image: repository, and a tag, a digest, both or neither.</summary>
public sealed record ImageReference
{
    /// <summary>The repository.</summary>
    public required RepositoryName Repository { get; init; }

    /// <summary>The tag, if there is one.</summary>
    public string? Tag { get; init; }

    /// <summary>The digest, if there is one.</summary>
    public Digest? Digest { get; init; }
}
