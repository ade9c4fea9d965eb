using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using OciImages.Content;
using OciImages.Manifests;
using OciImages.RegistryServer.Internal;

namespace OciImages.RegistryServer;

/// <summary>
/// The index of a registry that serves an OCI image layout (OCI image specification, "Image Layout") as it is, read-only and without
/// copying. <c>index.json</c> is read when it is first asked for, and again whenever it has changed.
/// </summary>
/// <remarks>
/// An entry whose annotation <c>org.opencontainers.image.ref.name</c> is a tag is that tag of <see cref="Repository"/>; a whole reference
/// such as <c>docker.io/library/nginx:1.27</c> is tag <c>1.27</c> of <c>library/nginx</c>; one without is there by its digest. Entries that
/// are damaged or missing are left out.
/// </remarks>
/// <threadsafety>Safe to share.</threadsafety>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for holds nothing to dispose.")]
public sealed class LayoutRegistryIndex : IRegistryIndexReader
{
    private readonly string _file;
    private readonly IContentReader _content;
    private readonly SemaphoreSlim _loading = new(1, 1);
    private volatile Snapshot? _snapshot;

    /// <summary>Makes an index; the disk is not touched before the first call.</summary>
    /// <param name="path">The layout's directory.</param>
    /// <param name="content">Reads the layout's blobs, such as a <see cref="Content.Local.LocalContentStore"/> of the same directory.</param>
    /// <param name="repository">The repository of entries that name only a tag.</param>
    /// <exception cref="ArgumentException">The repository's name is malformed.</exception>
    public LayoutRegistryIndex(string path, IContentReader content, string repository)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(content);
        _file = Path.Combine(Path.GetFullPath(path), "index.json");
        _content = content;
        Repository = RegistryNames.CheckRepository(repository);
    }

    /// <summary>The repository of entries that name only a tag.</summary>
    public string Repository { get; }

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ListRepositoriesAsync(string? after = null, CancellationToken cancellationToken = default) =>
        EachAsync(index => index.ListRepositoriesAsync(after, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<bool> HasRepositoryAsync(string repository, CancellationToken cancellationToken = default) =>
        await (await LoadAsync(cancellationToken).ConfigureAwait(false)).HasRepositoryAsync(repository, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ListTagsAsync(string repository, string? after = null, CancellationToken cancellationToken = default) =>
        EachAsync(index => index.ListTagsAsync(repository, after, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<Digest?> FindTagAsync(string repository, string tag, CancellationToken cancellationToken = default) =>
        await (await LoadAsync(cancellationToken).ConfigureAwait(false)).FindTagAsync(repository, tag, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<RegistryManifest?> FindManifestAsync(string repository, Digest digest, CancellationToken cancellationToken = default) =>
        await (await LoadAsync(cancellationToken).ConfigureAwait(false)).FindManifestAsync(repository, digest, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public IAsyncEnumerable<Digest> ListManifestsAsync(string repository, CancellationToken cancellationToken = default) =>
        EachAsync(index => index.ListManifestsAsync(repository, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<bool> HasBlobAsync(string repository, Digest digest, CancellationToken cancellationToken = default) =>
        await (await LoadAsync(cancellationToken).ConfigureAwait(false)).HasBlobAsync(repository, digest, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public IAsyncEnumerable<RegistryBlob> ListBlobsAsync(string repository, CancellationToken cancellationToken = default) =>
        EachAsync(index => index.ListBlobsAsync(repository, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<string?> FindRepositoryOfAsync(Digest digest, CancellationToken cancellationToken = default) =>
        await (await LoadAsync(cancellationToken).ConfigureAwait(false)).FindRepositoryOfAsync(digest, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public IAsyncEnumerable<Descriptor> ListReferrersAsync(
        string repository, Digest subject, Digest? after = null, CancellationToken cancellationToken = default) =>
        EachAsync(index => index.ListReferrersAsync(repository, subject, after, cancellationToken), cancellationToken);

    private async IAsyncEnumerable<T> EachAsync<T>(
        Func<MemoryRegistryIndex, IAsyncEnumerable<T>> list, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in list(await LoadAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false))
            yield return item;
    }

    private async ValueTask<MemoryRegistryIndex> LoadAsync(CancellationToken cancellationToken)
    {
        var file = new FileInfo(_file);
        if (!file.Exists)
            throw new StorageException(OciErrorKind.NotFound, $"There is no OCI image layout: {_file} is missing.", _file);
        if (_snapshot is { } current && current.IsOf(file))
            return current.Index;
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            file.Refresh();
            if (_snapshot is { } loaded && loaded.IsOf(file))
                return loaded.Index;
            var fresh = new Snapshot(file.LastWriteTimeUtc, file.Length, await ScanAsync(file, cancellationToken).ConfigureAwait(false));
            _snapshot = fresh;
            return fresh.Index;
        }
        finally
        {
            _loading.Release();
        }
    }

    private async ValueTask<MemoryRegistryIndex> ScanAsync(FileInfo file, CancellationToken cancellationToken)
    {
        if (file.Length > ManifestContent.MaxSize)
            throw new StorageException(OciErrorKind.InvalidInput, $"The index {_file} is larger than the {ManifestContent.MaxSize} bytes allowed.", _file);
        byte[] bytes;
        try
        {
            bytes = await File.ReadAllBytesAsync(_file, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the index", _file);
        }
        return Manifest.Parse(new ManifestContent(MediaTypes.OciIndex, bytes)) is ImageIndex layout
            ? await new LayoutScan(_content, Repository).RunAsync(layout, cancellationToken).ConfigureAwait(false)
            : throw new StorageException(OciErrorKind.InvalidInput, $"The file {_file} is not an index.", _file);
    }

    private sealed record Snapshot(DateTime Time, long Length, MemoryRegistryIndex Index)
    {
        internal bool IsOf(FileInfo file) => file.LastWriteTimeUtc == Time && file.Length == Length;
    }
}
