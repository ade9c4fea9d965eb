using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.IO;
using OciImages.Layers.Internal;
using OciImages.Layers.Internal.Unpacking;
using OciImages.Layers.Tar;

namespace OciImages.Layers.Drivers;

/// <summary>
/// Keeps each layer as its uncompressed tar, <c>&lt;id&gt;/layer.tar</c>: for machines that only move images, on every operating system and
/// without special rights. There is no tree to mount.
/// </summary>
/// <threadsafety>Safe for concurrent use on different layers.</threadsafety>
public sealed class BlobDriver : IStorageDriver, ITarSource, ILayerCheck
{
    private readonly string _root;
    private readonly UnpackPolicy _policy;
    private readonly ILogger _logger;

    /// <summary>Makes the driver; nothing is touched before the first call.</summary>
    /// <param name="root">The driver's directory, <c>&lt;data root&gt;/blob</c>; made when it is missing.</param>
    /// <param name="options">Settings, or null for the defaults.</param>
    /// <param name="logger">Gets events; null for none.</param>
    public BlobDriver(string root, BlobDriverOptions? options = null, ILogger? logger = null)
    {
        _root = Path.GetFullPath(root);
        _policy = (options ?? new BlobDriverOptions()).Policy;
        _logger = logger ?? NullLogger.Instance;
    }

    /// <summary>Always <c>blob</c>.</summary>
    public string Name => "blob";

    /// <inheritdoc/>
    /// <remarks>The tar is read to the end of the stream.</remarks>
    public async ValueTask<long> StageAsync(string id, Stream tar, CancellationToken cancellationToken = default)
    {
        string layer = Layer(id);
        if (Directory.Exists(layer))
            throw LayerId.AlreadyExists(Name, id);
        StoreFiles.MakeDirectory(_root, StoreFiles.DriverDirectory);
        StoreFiles.MakeNewDirectory(layer, StoreFiles.PrivateDirectory);
        string path = Tar(id);
        try
        {
            var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = 0,
            });
            await using (file.ConfigureAwait(false))
            {
                var tee = new TeeStream(tar, file.WriteAsync);
                await using (tee.ConfigureAwait(false))
                {
                    long size = await TarValidator.ReadAsync(tee, _policy, cancellationToken).ConfigureAwait(false);
                    await tee.DrainAsync(cancellationToken).ConfigureAwait(false);
                    _logger.Unpacked(id, size);
                    return size;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "keep the layer's tar", path);
        }
    }

    /// <inheritdoc/>
    public ValueTask CommitAsync(string id, string? parentId, CancellationToken cancellationToken = default)
    {
        Require(id);
        if (parentId is not null)
            Require(parentId);
        string path = Tar(id);
        using (var file = StoreFiles.Guard("open the layer's tar", path, () => File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite)))
            DurableFile.Sync(file, path);
        DurableFile.SyncDirectory(Layer(id));
        DurableFile.SyncDirectory(_root);
        return ValueTask.CompletedTask;
    }

    /// <summary>Not possible with this driver.</summary>
    /// <inheritdoc/>
    public ValueTask CreateWritableAsync(string id, string? parentId, CancellationToken cancellationToken = default) =>
        throw new OciException(OciErrorKind.Unsupported, "The driver blob keeps tars and has no layers to write; overlay2 and vfs have.");

    /// <summary>Not possible with this driver.</summary>
    /// <inheritdoc/>
    public ValueTask<Mount> MountAsync(string id, MountOptions? options = null, CancellationToken cancellationToken = default)
    {
        Require(id);
        throw new OciException(
            OciErrorKind.Unsupported, "The driver blob keeps tars and has no tree to mount: unpack the image instead (oci unpack), or use overlay2 or vfs.");
    }

    /// <inheritdoc/>
    /// <remarks>Reads the tar up to the file, so each call takes time that grows with the layer; <see cref="OpenTarAsync"/> gives all at once.</remarks>
    public async ValueTask<Stream> OpenFileAsync(string id, ReadOnlyMemory<byte> name, CancellationToken cancellationToken = default)
    {
        var file = await OpenTarAsync(id, cancellationToken).ConfigureAwait(false);
        try
        {
            var reader = new TarReader(file);
            while (await reader.ReadEntryAsync(cancellationToken).ConfigureAwait(false) is { } entry)
            {
                if (entry.Type == TarEntryType.File && entry.Name.Span.SequenceEqual(name.Span))
                    return new TarMemberStream(reader, entry, file);
            }
            throw new OciException(OciErrorKind.NotFound, $"There is no file of that name in {Tar(id)}.");
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<Stream> OpenTarAsync(string id, CancellationToken cancellationToken = default)
    {
        Require(id);
        return new(StoreFiles.Guard<Stream>("open the layer's tar", Tar(id), () => new FileStream(Tar(id), new FileStreamOptions
        {
            Access = FileAccess.Read,
            Share = FileShare.Read | FileShare.Delete,
            Options = FileOptions.SequentialScan,
            BufferSize = 0,
        })));
    }

    /// <inheritdoc/>
    public ValueTask<bool> ExistsAsync(string id, CancellationToken cancellationToken = default) => new(Directory.Exists(Layer(id)));

    /// <summary>Always null: there is nothing to tell.</summary>
    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<string, string>?> GetMetadataAsync(string id, CancellationToken cancellationToken = default) => default;

    /// <inheritdoc/>
    public ValueTask RemoveAsync(string id, CancellationToken cancellationToken = default)
    {
        string layer = Layer(id);
        StoreFiles.Guard("delete the layer", layer, () =>
        {
            if (Directory.Exists(layer))
                Directory.Delete(layer, recursive: true);
            return true;
        });
        return ValueTask.CompletedTask;
    }

    /// <summary>Does nothing.</summary>
    /// <returns>A task.</returns>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    string? ILayerCheck.FindDamage(string id, int below) => File.Exists(Tar(id)) ? null : $"its tar {Tar(id)} is missing.";

    IEnumerable<(string Id, string Path)> ILayerCheck.ListIds() => StoreFiles.ListIds(_root);

    IEnumerable<DriverFinding> ILayerCheck.FindProblems() => [];

    private string Layer(string id) => Path.Combine(_root, LayerId.Check(id));

    private string Tar(string id) => Path.Combine(Layer(id), "layer.tar");

    private void Require(string id)
    {
        if (!File.Exists(Tar(id)))
            throw LayerId.NotFound(Name, id);
    }
}
