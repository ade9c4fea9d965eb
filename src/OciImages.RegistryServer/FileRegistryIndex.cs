using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using OciImages.IO;
using OciImages.RegistryServer.Internal;

namespace OciImages.RegistryServer;

/// <summary>A registry's index in a directory, which several processes may use at once.</summary>
/// <remarks>
/// <para>
/// One small file for each fact, so that a change touches nothing else: below <c>repositories/NAME/</c> are <c>_tags</c> (a file for each
/// tag, with the digest), <c>_manifests</c> (a file for each, with media type and size), <c>_blobs</c> (an empty file for each) and
/// <c>_referrers</c> (by subject). Nothing is held in memory.
/// </para>
/// <para>
/// Changes of one repository exclude each other, also between processes. They are ordered so that a crash leaves at most something that
/// nothing names: a manifest before its tags, a tag's removal before its manifest's.
/// </para>
/// </remarks>
/// <threadsafety>Safe to share.</threadsafety>
public sealed class FileRegistryIndex : IRegistryIndex
{
    private const int LockCount = 32;

    private readonly IndexPaths _paths;
    private readonly TimeProvider _timeProvider;
    private readonly StoreLock[] _locks;

    /// <summary>Makes an index; the disk is not touched before the first call.</summary>
    /// <param name="root">The directory; made at the first change.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    public FileRegistryIndex(string root, FileRegistryIndexOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        options ??= new FileRegistryIndexOptions();
        _timeProvider = options.TimeProvider;
        _paths = new IndexPaths(root);
        _locks = [.. Enumerable.Range(0, LockCount).Select(i => new StoreLock(Path.Combine(_paths.Locks, $"{i:x2}"), options.LockTimeout))];
    }

    /// <summary>The full path of the directory.</summary>
    public string Root => _paths.Root;

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListRepositoriesAsync(
        string? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (string name in Sorted(_paths.FindRepositories(), after))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return name;
        }
        await ValueTask.CompletedTask.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<bool> HasRepositoryAsync(string repository, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(IndexPaths.IsRepository(_paths.Repository(repository)));

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListTagsAsync(
        string repository, string? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (string tag in Sorted(IndexPaths.FileNames(_paths.Tags(repository)).Select(TagFileName.Parse).OfType<string>(), after))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return tag;
        }
        await ValueTask.CompletedTask.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<Digest?> FindTagAsync(string repository, string tag, CancellationToken cancellationToken = default) =>
        IndexFile.ReadDigestAsync(_paths.Tag(repository, tag), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<RegistryManifest?> FindManifestAsync(string repository, Digest digest, CancellationToken cancellationToken = default) =>
        IndexFile.ReadManifestAsync(_paths.Manifest(repository, digest), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<Digest> ListManifestsAsync(string repository, CancellationToken cancellationToken = default) =>
        ListDigestsAsync(_paths.Manifests(repository), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> HasBlobAsync(string repository, Digest digest, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(File.Exists(_paths.Blob(repository, digest)));

    /// <inheritdoc/>
    public async IAsyncEnumerable<RegistryBlob> ListBlobsAsync(
        string repository, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var digest in ListDigestsAsync(_paths.Blobs(repository), cancellationToken).ConfigureAwait(false))
            yield return new RegistryBlob(digest, IndexFile.TimeOf(_paths.Blob(repository, digest)));
    }

    /// <inheritdoc/>
    public ValueTask<string?> FindRepositoryOfAsync(Digest digest, CancellationToken cancellationToken = default)
    {
        foreach (string repository in _paths.FindRepositories())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (File.Exists(_paths.Blob(repository, digest)) || File.Exists(_paths.Manifest(repository, digest)))
                return ValueTask.FromResult<string?>(repository);
        }
        return ValueTask.FromResult<string?>(null);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Descriptor> ListReferrersAsync(
        string repository, Digest subject, Digest? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var digests = IndexPaths.FileNames(_paths.Referrers(repository, subject)).Select(IndexPaths.ParseName).OfType<Digest>();
        foreach (var digest in digests.Where(digest => after is null || digest > after).Order())
        {
            // The record decides: a crash may have left a referrer without it.
            var manifest = await FindManifestAsync(repository, digest, cancellationToken).ConfigureAwait(false);
            if (manifest is not null && manifest.Subject == subject)
                yield return manifest.Descriptor;
        }
    }

    /// <inheritdoc/>
    public ValueTask AddBlobAsync(string repository, Digest digest, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IndexFile.Mark(_paths.Blob(repository, digest), _timeProvider.GetUtcNow());
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RemoveBlobAsync(string repository, Digest digest, CancellationToken cancellationToken = default)
    {
        string path = _paths.Blob(repository, digest);
        if (!File.Exists(path))
            return false;
        using var hold = await LockAsync(repository, cancellationToken).ConfigureAwait(false);
        return IndexFile.Delete(path);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Digest>> PutManifestAsync(
        string repository,
        RegistryManifest manifest,
        IReadOnlyCollection<string> tags,
        IReadOnlyCollection<Digest> required,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var digest = manifest.Descriptor.Digest;
        string path = _paths.Manifest(repository, digest);
        string[] tagPaths = [.. tags.Select(tag => _paths.Tag(repository, tag))];
        using var hold = await LockAsync(repository, cancellationToken).ConfigureAwait(false);
        var missing = required.Distinct()
            .Where(content => !File.Exists(_paths.Blob(repository, content)) && !File.Exists(_paths.Manifest(repository, content)))
            .ToArray();
        if (missing.Length > 0)
            return missing;
        IndexPaths.Create(_paths.Manifests(repository));
        await IndexFile.WriteManifestAsync(path, manifest, cancellationToken).ConfigureAwait(false);
        if (manifest.Subject is { } subject)
            IndexFile.Mark(Path.Combine(_paths.Referrers(repository, subject), IndexPaths.Name(digest)), _timeProvider.GetUtcNow());
        if (tagPaths.Length > 0)
            IndexPaths.Create(_paths.Tags(repository));
        foreach (string tagPath in tagPaths)
            await IndexFile.WriteDigestAsync(tagPath, digest, CancellationToken.None).ConfigureAwait(false);
        return [];
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RemoveManifestAsync(string repository, Digest digest, CancellationToken cancellationToken = default)
    {
        string path = _paths.Manifest(repository, digest);
        if (!File.Exists(path))
            return false;
        using var hold = await LockAsync(repository, cancellationToken).ConfigureAwait(false);
        var manifest = await IndexFile.ReadManifestAsync(path, cancellationToken).ConfigureAwait(false);
        foreach (string name in IndexPaths.FileNames(_paths.Tags(repository)).ToArray())
        {
            string tag = Path.Combine(_paths.Tags(repository), name);
            if (TagFileName.Parse(name) is not null && await IndexFile.ReadDigestAsync(tag, CancellationToken.None).ConfigureAwait(false) == digest)
                IndexFile.Delete(tag);
        }
        if (manifest?.Subject is { } subject)
            IndexFile.Delete(Path.Combine(_paths.Referrers(repository, subject), IndexPaths.Name(digest)));
        return IndexFile.Delete(path);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RemoveTagAsync(string repository, string tag, CancellationToken cancellationToken = default)
    {
        string path = _paths.Tag(repository, tag);
        if (!File.Exists(path))
            return false;
        using var hold = await LockAsync(repository, cancellationToken).ConfigureAwait(false);
        return IndexFile.Delete(path);
    }

    private static async IAsyncEnumerable<Digest> ListDigestsAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (string name in IndexPaths.FileNames(folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (IndexPaths.ParseName(name) is { } digest)
                yield return digest;
        }
        await ValueTask.CompletedTask.ConfigureAwait(false);
    }

    private static IEnumerable<string> Sorted(IEnumerable<string> names, string? after) =>
        names.Where(name => after is null || string.CompareOrdinal(name, after) > 0).Order(StringComparer.Ordinal);

    private ValueTask<IDisposable> LockAsync(string repository, CancellationToken cancellationToken)
    {
        IndexPaths.Create(_paths.Locks);
        // The same lock in every process: not by string.GetHashCode, which is another in each.
        byte hash = SHA256.HashData(Encoding.ASCII.GetBytes(repository))[0];
        return _locks[hash % LockCount].AcquireAsync(cancellationToken);
    }
}
