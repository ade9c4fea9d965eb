namespace OciImages.Registry;

/// <summary>What pushing a blob came to.</summary>
/// <param name="Outcome">How it came to be there.</param>
public readonly record struct BlobPushResult(BlobPushOutcome Outcome)
{
    /// <summary>The repository that it was mounted from; null unless it was.</summary>
    public RepositoryName? MountedFrom { get; init; }
}
