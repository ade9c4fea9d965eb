using OciImages.Registry;

namespace OciImages.Transfers;

/// <summary>What the upload of a layer came to.</summary>
/// <param name="Blob">The blob.</param>
/// <param name="Outcome">How it came to be at the registry.</param>
/// <param name="MountedFrom">The repository that it was mounted from; null unless it was.</param>
public sealed record LayerUploadResult(Descriptor Blob, BlobPushOutcome Outcome, RepositoryName? MountedFrom = null);
