using System.Runtime.CompilerServices;
using OciImages.RegistryServer.Internal;

namespace OciImages.RegistryServer;

/// <summary>A registry's index in memory, for tests and for registries that keep nothing.</summary>
/// <threadsafety>Safe to share.</threadsafety>
public sealed class MemoryRegistryIndex : IRegistryIndex
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, MemoryRepository> _repositories = new(StringComparer.Ordinal);
    private readonly TimeProvider _timeProvider;

    /// <summary>Makes an empty index.</summary>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    public MemoryRegistryIndex(TimeProvider? timeProvider = null) => _timeProvider = timeProvider ?? TimeProvider.System;

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ListRepositoriesAsync(string? after = null, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return EnumerateAsync(_repositories.Keys.Where(name => IsAfter(name, after)).ToArray(), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<bool> HasRepositoryAsync(string repository, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Read(repository, static _ => true));

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ListTagsAsync(string repository, string? after = null, CancellationToken cancellationToken = default) =>
        EnumerateAsync(Read(repository, found => found.Tags.Keys.Where(tag => IsAfter(tag, after)).ToArray()) ?? [], cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Digest?> FindTagAsync(string repository, string tag, CancellationToken cancellationToken = default)
    {
        RegistryNames.CheckTag(tag);
        return ValueTask.FromResult(Read<Digest?>(repository, found => found.Tags.TryGetValue(tag, out var digest) ? digest : null));
    }

    /// <inheritdoc/>
    public ValueTask<RegistryManifest?> FindManifestAsync(string repository, Digest digest, CancellationToken cancellationToken = default)
    {
        RegistryNames.CheckDigest(digest);
        return ValueTask.FromResult(Read(repository, found => found.Manifests.GetValueOrDefault(digest)));
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Digest> ListManifestsAsync(string repository, CancellationToken cancellationToken = default) =>
        EnumerateAsync(Read(repository, found => found.Manifests.Keys.ToArray()) ?? [], cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> HasBlobAsync(string repository, Digest digest, CancellationToken cancellationToken = default)
    {
        RegistryNames.CheckDigest(digest);
        return ValueTask.FromResult(Read(repository, found => found.Blobs.ContainsKey(digest)));
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<RegistryBlob> ListBlobsAsync(string repository, CancellationToken cancellationToken = default) =>
        EnumerateAsync(Read(repository, found => found.Blobs.Select(pair => new RegistryBlob(pair.Key, pair.Value)).ToArray()) ?? [], cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> FindRepositoryOfAsync(Digest digest, CancellationToken cancellationToken = default)
    {
        RegistryNames.CheckDigest(digest);
        lock (_lock)
            return ValueTask.FromResult<string?>(_repositories.FirstOrDefault(pair => pair.Value.Has(digest)).Key);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Descriptor> ListReferrersAsync(
        string repository, Digest subject, Digest? after = null, CancellationToken cancellationToken = default)
    {
        RegistryNames.CheckDigest(subject);
        return EnumerateAsync(
            Read(repository, found => found.Manifests.Values
                .Where(manifest => manifest.Subject == subject && (after is null || manifest.Descriptor.Digest > after))
                .Select(manifest => manifest.Descriptor)
                .OrderBy(descriptor => descriptor.Digest)
                .ToArray()) ?? [],
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask AddBlobAsync(string repository, Digest digest, CancellationToken cancellationToken = default)
    {
        RegistryNames.CheckDigest(digest);
        lock (_lock)
            GetOrAdd(repository).Blobs[digest] = _timeProvider.GetUtcNow();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<bool> RemoveBlobAsync(string repository, Digest digest, CancellationToken cancellationToken = default)
    {
        RegistryNames.CheckDigest(digest);
        return ValueTask.FromResult(Read(repository, found => found.Blobs.Remove(digest)));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Digest>> PutManifestAsync(
        string repository,
        RegistryManifest manifest,
        IReadOnlyCollection<string> tags,
        IReadOnlyCollection<Digest> required,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        foreach (string tag in tags)
            RegistryNames.CheckTag(tag);
        lock (_lock)
        {
            _repositories.TryGetValue(RegistryNames.CheckRepository(repository), out var found);
            var missing = required.Distinct().Where(digest => found?.Has(digest) != true).ToArray();
            if (missing.Length > 0)
                return ValueTask.FromResult<IReadOnlyList<Digest>>(missing);
            found ??= GetOrAdd(repository);
            found.Manifests[manifest.Descriptor.Digest] = manifest;
            foreach (string tag in tags)
                found.Tags[tag] = manifest.Descriptor.Digest;
            return ValueTask.FromResult<IReadOnlyList<Digest>>([]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> RemoveManifestAsync(string repository, Digest digest, CancellationToken cancellationToken = default)
    {
        RegistryNames.CheckDigest(digest);
        return ValueTask.FromResult(Read(repository, found =>
        {
            foreach (string tag in found.Tags.Where(pair => pair.Value == digest).Select(pair => pair.Key).ToArray())
                found.Tags.Remove(tag);
            return found.Manifests.Remove(digest);
        }));
    }

    /// <inheritdoc/>
    public ValueTask<bool> RemoveTagAsync(string repository, string tag, CancellationToken cancellationToken = default)
    {
        RegistryNames.CheckTag(tag);
        return ValueTask.FromResult(Read(repository, found => found.Tags.Remove(tag)));
    }

    private static bool IsAfter(string name, string? after) => after is null || string.CompareOrdinal(name, after) > 0;

    private T? Read<T>(string repository, Func<MemoryRepository, T> read)
    {
        RegistryNames.CheckRepository(repository);
        lock (_lock)
            return _repositories.TryGetValue(repository, out var found) ? read(found) : default;
    }

    private MemoryRepository GetOrAdd(string repository)
    {
        if (!_repositories.TryGetValue(RegistryNames.CheckRepository(repository), out var found))
            _repositories.Add(repository, found = new MemoryRepository());
        return found;
    }

    private static async IAsyncEnumerable<T> EnumerateAsync<T>(T[] items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var item in items)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return item;
        }
        await ValueTask.CompletedTask.ConfigureAwait(false);
    }
}
