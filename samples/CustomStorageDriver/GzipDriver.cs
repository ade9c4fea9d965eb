using System.Buffers;
using System.IO.Compression;
using System.Runtime.Versioning;
using OciImages;
using OciImages.IO;
using OciImages.Layers;
using OciImages.Layers.Drivers;
using OciImages.Layers.Tar;

namespace CustomStorageDriver;

/// <summary>
/// A storage driver written against public types alone: it keeps each layer's tar compressed, <c>&lt;id&gt;/layer.tar.gz</c>, for machines that
/// keep many images and mount none. What a layer may hold is found out by unpacking it once, confined, into a directory that goes again: so
/// trees are at most 1,000 directories deep.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class GzipDriver(string root, UnpackPolicy? policy = null) : IStorageDriver, ITarSource
{
    private const int IdLength = 64;
    private const string InitSuffix = "-init";
    private static readonly SearchValues<char> HexCharacters = SearchValues.Create("0123456789abcdef");

    private readonly UnpackPolicy _policy = policy ?? new UnpackPolicy();

    public string Name => "gzip";

    public async ValueTask<long> StageAsync(string id, Stream tar, CancellationToken cancellationToken = default)
    {
        string layer = Layer(id), trial = Path.Combine(layer, "trial");
        if (Directory.Exists(layer))
            throw new OciException(OciErrorKind.AlreadyExists, $"The driver gzip has a layer {id} already.");
        try
        {
            Directory.CreateDirectory(layer);
            await using (var file = new FileStream(Tar(id), FileMode.CreateNew, FileAccess.Write))
            await using (var gzip = new GZipStream(file, CompressionLevel.Fastest))
                await CopyAsync(tar, gzip, cancellationToken);
            await using (var copy = Open(id))
            await using (var unpacker = new TreeUnpacker(trial, _policy))
                await unpacker.ApplyAsync(copy, cancellationToken);
            Directory.Delete(trial);
            return await MeasureAsync(id, cancellationToken);
        }
        catch (Exception e) when (e is DiskException or UnauthorizedAccessException)
        {
            throw StorageException.From(e.InnerException ?? e, "keep the layer", layer);
        }
    }

    public ValueTask CommitAsync(string id, string? parentId, CancellationToken cancellationToken = default)
    {
        Require(id);
        if (parentId is not null)
            Require(parentId);
        using (var file = File.OpenHandle(Tar(id), FileMode.Open, FileAccess.ReadWrite))
            DurableFile.Sync(file, Tar(id));
        DurableFile.SyncDirectory(Layer(id));
        DurableFile.SyncDirectory(root);
        return ValueTask.CompletedTask;
    }

    public ValueTask CreateWritableAsync(string id, string? parentId, CancellationToken cancellationToken = default) =>
        throw new OciException(OciErrorKind.Unsupported, "The driver gzip keeps tars and has no layers to write.");

    public ValueTask<Mount> MountAsync(string id, MountOptions? options = null, CancellationToken cancellationToken = default)
    {
        Require(id);
        throw new OciException(OciErrorKind.Unsupported, "The driver gzip keeps tars and has no tree to mount: unpack the image instead (oci unpack).");
    }

    /// <summary>Expands the one file into a temporary one: the layer store itself takes the whole tar from <see cref="OpenTarAsync"/>.</summary>
    public async ValueTask<Stream> OpenFileAsync(string id, ReadOnlyMemory<byte> name, CancellationToken cancellationToken = default)
    {
        await using var tar = Open(id);
        var reader = new TarReader(tar);
        while (await reader.ReadEntryAsync(cancellationToken) is { } entry)
        {
            if (entry.Type == TarEntryType.File && entry.Name.Span.SequenceEqual(name.Span))
                return await ExpandAsync(reader, entry, cancellationToken);
        }
        throw new OciException(OciErrorKind.NotFound, $"There is no file of that name in {Tar(id)}.");
    }

    public ValueTask<Stream> OpenTarAsync(string id, CancellationToken cancellationToken = default) => new(Open(id));

    public ValueTask<bool> ExistsAsync(string id, CancellationToken cancellationToken = default) => new(Directory.Exists(Layer(id)));

    public ValueTask<IReadOnlyDictionary<string, string>?> GetMetadataAsync(string id, CancellationToken cancellationToken = default)
    {
        Require(id);
        return new(new Dictionary<string, string> { ["Tar"] = Tar(id) });
    }

    public ValueTask RemoveAsync(string id, CancellationToken cancellationToken = default)
    {
        try
        {
            if (Directory.Exists(Layer(id)))
                Directory.Delete(Layer(id), recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Another process removes what an ended one left.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "delete the layer", Layer(id));
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // Ids become parts of paths, so nothing else may pass.
    private string Layer(string id)
    {
        var hex = id.EndsWith(InitSuffix, StringComparison.Ordinal) ? id.AsSpan(0, id.Length - InitSuffix.Length) : id;
        if (hex.Length != IdLength || hex.ContainsAnyExcept(HexCharacters))
            throw new OciException(OciErrorKind.InvalidInput, "A layer id must have 64 lower-case hexadecimal characters.");
        return Path.Combine(root, id);
    }

    private string Tar(string id) => Path.Combine(Layer(id), "layer.tar.gz");

    private void Require(string id)
    {
        if (!File.Exists(Tar(id)))
            throw new OciException(OciErrorKind.NotFound, $"The driver gzip has no layer {id}.");
    }

    private GZipStream Open(string id)
    {
        Require(id);
        return new GZipStream(new FileStream(Tar(id), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete), CompressionMode.Decompress);
    }

    private async ValueTask<long> MeasureAsync(string id, CancellationToken cancellationToken)
    {
        await using var tar = Open(id);
        var reader = new TarReader(tar);
        long size = 0;
        while (await reader.ReadEntryAsync(cancellationToken) is { } entry)
            size += entry.Type == TarEntryType.File ? entry.Size : 0;
        return size;
    }

    // Failures of the disk become a StorageException; those of the source are the caller's own.
    private static async ValueTask CopyAsync(Stream tar, GZipStream gzip, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[64 * 1024];
        while (await tar.ReadAsync(buffer, cancellationToken) is var read and not 0)
        {
            try
            {
                await gzip.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
            catch (IOException e)
            {
                throw new DiskException(e);
            }
        }
    }

    private static async ValueTask<Stream> ExpandAsync(TarReader reader, TarEntry entry, CancellationToken cancellationToken)
    {
        var file = new FileStream(Path.GetTempFileName(), new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose,
        });
        file.SetLength(entry.Size);
        byte[] buffer = new byte[64 * 1024];
        foreach (var segment in entry.SparseMap ?? [new TarSparseSegment(0, entry.Size)])
        {
            file.Position = segment.Offset;
            for (long left = segment.Length; left > 0;)
            {
                int read = await reader.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellationToken);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                left -= read;
            }
        }
        file.Position = 0;
        return file;
    }

    private sealed class DiskException(IOException cause) : Exception(cause.Message, cause);
}
