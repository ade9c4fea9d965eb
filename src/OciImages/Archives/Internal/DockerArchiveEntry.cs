namespace OciImages.Archives.Internal;

/// <summary>One image in the <c>manifest.json</c> of an archive; the format of <c>docker save</c> since 1.10.</summary>
internal sealed class DockerArchiveEntry
{
    public string? Config { get; init; }

    public IReadOnlyList<string>? RepoTags { get; init; }

    public IReadOnlyList<string>? Layers { get; init; }

    /// <summary>The image that this one was built on, if it is in the archive.</summary>
    public string? Parent { get; init; }
}
