using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.Configs;
using OciImages.Images.Internal;
using OciImages.IO;

namespace OciImages.Images;

/// <summary>The image store in Docker's folder <c>imagedb</c>, which several processes may use at once.</summary>
/// <remarks>
/// <c>content/sha256/&lt;hex&gt;</c> is a config, byte for byte; <c>metadata/sha256/&lt;hex&gt;/</c> holds <c>parent</c> and
/// <c>lastUpdated</c>. Files are written whole and durably, with mode 0600; a read verifies the hash every time. Changes hold the lock
/// <c>.lock</c> in the folder. Other names, such as what a killed writer left, are ignored.
/// <para>
/// Listings do not read configs: what they need is kept in an index file, which can be lost. Which images there are is what the folder has
/// at the time of the call. A config counts as whole as long as its file has the length and time with which it was verified.
/// </para>
/// </remarks>
/// <threadsafety>Safe to share.</threadsafety>
public sealed class FileImageStore : IImageStore
{
    private readonly ImageFiles _files;
    private readonly ImageIndex _index;
    private readonly StoreLock _lock;
    private readonly ILogger _logger;

    /// <summary>Makes a store; the disk is not touched before the first call.</summary>
    /// <param name="root">The folder, such as <c>/var/lib/docker/image/overlay2/imagedb</c>.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <param name="logger">Where damage that does not stop it is told; null for nowhere.</param>
    public FileImageStore(string root, FileImageStoreOptions? options = null, ILogger<FileImageStore>? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        options ??= new FileImageStoreOptions();
        Root = Path.GetFullPath(root);
        _files = new ImageFiles(Root);
        _lock = new StoreLock(Path.Combine(Root, ".lock"), options.LockTimeout, temporaries: Root);
        _logger = logger ?? NullLogger<FileImageStore>.Instance;
        _index = new ImageIndex(_files, options.IndexPath ?? Path.Combine(Root, ".index"), FindAsync, _logger);
    }

    /// <summary>The full path of the folder.</summary>
    public string Root { get; }

    /// <inheritdoc/>
    public async ValueTask<ImageId> PutAsync(ReadOnlyMemory<byte> config, CancellationToken cancellationToken = default)
    {
        var parsed = ImageConfig.Parse(config);
        var id = parsed.Id;
        _files.CreateDirectories();
        using var hold = await _lock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        // A damaged file under the name is replaced.
        byte[]? existing = await _files.ReadContentAsync(id, cancellationToken).ConfigureAwait(false);
        if (existing is null || !config.Span.SequenceEqual(existing))
            await _files.WriteContentAsync(id, config, cancellationToken).ConfigureAwait(false);
        await _index.AddAsync(parsed, CancellationToken.None).ConfigureAwait(false);
        return id;
    }

    /// <inheritdoc/>
    public async ValueTask<ImageConfig?> FindAsync(ImageId id, CancellationToken cancellationToken = default)
    {
        if (await _files.ReadContentAsync(id, cancellationToken).ConfigureAwait(false) is not { } bytes)
            return null;
        string path = _files.Content(id);
        var digest = Digest.Compute(bytes);
        if (digest != id.Value)
            throw Corrupt($"The image config {path} hashes to {digest}.");
        try
        {
            return ImageConfig.Parse(bytes);
        }
        catch (OciException e) when (e.Kind == OciErrorKind.InvalidInput)
        {
            throw Corrupt($"The image config {path} is none: {e.Message}", e);
        }

        StorageException Corrupt(string message, Exception? inner = null) => new(OciErrorKind.Corrupt, message, path, inner);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ImageId> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var image in (await _index.GetAsync(cancellationToken).ConfigureAwait(false)).Images)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return image.Info.Id;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ImageInfo> ListInfoAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var images = (await _index.GetAsync(cancellationToken).ConfigureAwait(false)).Images;
        var parents = await _index.GetParentsAsync(cancellationToken).ConfigureAwait(false);
        foreach (var (info, _, hasLabels) in images)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var listed = parents.TryGetValue(info.Id, out var parent) ? info with { Parent = parent } : info;
            if (hasLabels)
                yield return listed;
            else if (await TryFindAsync(info.Id, cancellationToken).ConfigureAwait(false) is { } config)
                yield return listed with { Labels = ConfigRecord.LabelsOf(config) };
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ImageId> ListByTopLayerAsync(
        ChainId topLayer, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var id in (await _index.GetAsync(cancellationToken).ConfigureAwait(false)).ListByTopLayer(topLayer))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return id;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> IsTopLayerAsync(ChainId layer, CancellationToken cancellationToken = default)
    {
        var snapshot = await _index.GetAsync(cancellationToken).ConfigureAwait(false);
        if (snapshot.HasUnknown)
            _logger.LayersUnknown(layer);
        return snapshot.HasUnknown || snapshot.ListByTopLayer(layer).Any();
    }

    /// <inheritdoc/>
    public async ValueTask<ImageId?> FindByPrefixAsync(string hexPrefix, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(hexPrefix);
        if (hexPrefix.Length == 0)
            return null;
        ImageId? found = null;
        foreach (var id in _index.GetNames().StartingWith(hexPrefix))
        {
            if (await TryFindAsync(id, cancellationToken).ConfigureAwait(false) is null)
                continue;
            if (found is not null)
                throw new OciException(OciErrorKind.InvalidInput, $"Several image IDs begin with {hexPrefix}.");
            found = id;
        }
        return found;
    }

    /// <inheritdoc/>
    public ValueTask<ImageId?> GetParentAsync(ImageId id, CancellationToken cancellationToken = default) =>
        _files.ReadParentAsync(id, _logger, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask SetParentAsync(ImageId id, ImageId? parent, CancellationToken cancellationToken = default)
    {
        RequireContent(id);
        using var hold = await _lock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        RequireContent(id);
        if (parent is null)
        {
            _files.DeleteNote(id, ImageFiles.Parent);
            return;
        }
        RequireContent(parent.Value);
        for (var ancestor = parent; ancestor is not null;
            ancestor = await GetParentAsync(ancestor.Value, cancellationToken).ConfigureAwait(false))
        {
            if (ancestor == id)
                throw new OciException(OciErrorKind.InvalidInput, $"The image {id} would be its own ancestor by its parent {parent}.");
        }
        await _files.WriteNoteAsync(id, ImageFiles.Parent, parent.Value.ToString(), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ImageId> ListChildrenAsync(
        ImageId parent, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var (id, known) in await _index.GetParentsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (known == parent && _files.HasContent(id))
                yield return id;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> GetLastUpdatedAsync(ImageId id, CancellationToken cancellationToken = default)
    {
        if (await _files.ReadNoteAsync(id, ImageFiles.LastUpdated, cancellationToken).ConfigureAwait(false) is not { } text)
            return null;
        if (GoTime.TryParse(text, out var time))
            return time;
        _logger.DamagedNote(_files.Note(id, ImageFiles.LastUpdated));
        return null;
    }

    /// <inheritdoc/>
    public async ValueTask SetLastUpdatedAsync(ImageId id, DateTimeOffset time, CancellationToken cancellationToken = default)
    {
        RequireContent(id);
        using var hold = await _lock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        RequireContent(id);
        await _files.WriteNoteAsync(id, ImageFiles.LastUpdated, GoTime.Format(time), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(ImageId id, CancellationToken cancellationToken = default)
    {
        if (!_files.HasContent(id))
            return false;
        using var hold = await _lock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        if (!_files.HasContent(id))
            return false;
        await foreach (var child in ListChildrenAsync(id, cancellationToken).ConfigureAwait(false))
            _files.DeleteNote(child, ImageFiles.Parent);
        _files.Delete(id);
        return true;
    }

    internal string ContentPath(ImageId id) => _files.Content(id);

    internal string NotesPath(ImageId id) => Path.GetDirectoryName(_files.Note(id, ImageFiles.Parent))!;

    internal bool HasContent(ImageId id) => _files.HasContent(id);

    /// <summary>What looks like an image, readable or not.</summary>
    internal IEnumerable<ImageId> ListFiles() => _files.List();

    /// <summary>Images that something is noted of, there or not.</summary>
    internal IEnumerable<ImageId> ListNoted() => _files.ListNoted();

    /// <summary>Deletes what is noted of an image unless the image is there.</summary>
    internal async ValueTask<bool> DeleteOrphanedNotesAsync(ImageId id, CancellationToken cancellationToken)
    {
        using var hold = await _lock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        if (_files.HasContent(id))
            return false;
        _files.Delete(id);
        return true;
    }

    private async ValueTask<ImageConfig?> TryFindAsync(ImageId id, CancellationToken cancellationToken)
    {
        try
        {
            return await FindAsync(id, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException e) when (e.Kind == OciErrorKind.Corrupt)
        {
            _logger.DamagedConfig(e, id);
            return null;
        }
    }

    private void RequireContent(ImageId id)
    {
        if (!_files.HasContent(id))
            throw new OciException(OciErrorKind.NotFound, $"The image {id} is not in the store.");
    }
}
