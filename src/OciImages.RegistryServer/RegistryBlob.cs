namespace OciImages.RegistryServer;

/// <summary>A blob that a repository has.</summary>
/// <param name="Digest">The blob.</param>
/// <param name="AddedAt">When it was put or mounted there last.</param>
public readonly record struct RegistryBlob(Digest Digest, DateTimeOffset AddedAt);
