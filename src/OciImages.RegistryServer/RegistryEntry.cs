namespace OciImages.RegistryServer;

/// <summary>A manifest that a <see cref="ScannedRegistryIndex"/> starts from.</summary>
/// <param name="Repository">The repository that it is in.</param>
/// <param name="Tag">The tag that names it; null when only its digest does.</param>
/// <param name="Digest">The manifest or index.</param>
/// <param name="MediaType">Its media type; empty where only its bytes tell.</param>
public sealed record RegistryEntry(string Repository, string? Tag, Digest Digest, string MediaType);
