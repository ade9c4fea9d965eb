namespace OciImages.RegistryServer.Internal;

/// <summary>One repository of a <see cref="MemoryRegistryIndex"/>, which holds the lock on it.</summary>
internal sealed class MemoryRepository
{
    internal SortedDictionary<string, Digest> Tags { get; } = new(StringComparer.Ordinal);

    internal Dictionary<Digest, RegistryManifest> Manifests { get; } = [];

    internal Dictionary<Digest, DateTimeOffset> Blobs { get; } = [];

    internal bool Has(Digest digest) => Blobs.ContainsKey(digest) || Manifests.ContainsKey(digest);
}
