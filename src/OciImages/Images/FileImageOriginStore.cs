using System.Runtime.CompilerServices;
using System.Text.Json;
using OciImages.Images.Internal;
using OciImages.IO;

namespace OciImages.Images;

/// <summary>Origins in one JSON file per image, which several processes may use at once.</summary>
/// <remarks>
/// <c>sha256/&lt;hex&gt;</c> is <c>{"origins":[{"reference","manifest","indexes","platform"}]}</c>, descriptors as in the OCI image
/// specification, oldest first. Files are written whole and durably; changes hold the lock <c>.lock</c> in the folder. A damaged file is told
/// by every read, and replaced by the next addition.
/// </remarks>
/// <threadsafety>Safe to share.</threadsafety>
public sealed class FileImageOriginStore : IImageOriginStore
{
    /// <summary>How many origins of an image are kept; the oldest go.</summary>
    public const int MaxOrigins = 50;

    private const int MaxFileLength = 4 << 20;
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode DirectoryMode = FileMode | UnixFileMode.UserExecute;

    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(30);

    private readonly string _records;
    private readonly StoreLock _lock;

    /// <summary>Makes a store; the disk is not touched before the first call.</summary>
    /// <param name="root">The folder.</param>
    public FileImageOriginStore(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        Root = Path.GetFullPath(root);
        _records = Path.Combine(Root, DigestAlgorithm.Sha256.Name);
        _lock = new StoreLock(Path.Combine(Root, ".lock"), LockTimeout, temporaries: Root);
    }

    /// <summary>The full path of the folder.</summary>
    public string Root { get; }

    /// <inheritdoc/>
    public async ValueTask AddAsync(ImageId image, ImageOrigin origin, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(origin);
        if (image.Value.Algorithm != DigestAlgorithm.Sha256)
            throw new ArgumentException($"The image ID {image} is not of SHA-256.", nameof(image));
        if (await TryReadAsync(image, cancellationToken).ConfigureAwait(false) is [.., var newest] && newest.IsSame(origin))
            return;
        DurableDirectory.Create(_records, DirectoryMode);
        using var hold = await _lock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        var origins = await TryReadAsync(image, cancellationToken).ConfigureAwait(false);
        origins.RemoveAll(origin.IsSame);
        origins.Add(origin);
        origins.RemoveRange(0, Math.Max(0, origins.Count - MaxOrigins));
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(new OriginFile(origins.ConvertAll(OriginEntry.Of)), OriginJson.Default.OriginFile);
        await DurableFile.WriteAsync(RecordPath(image), json, FileMode, Root, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ImageOrigin>> ReadAsync(ImageId image, CancellationToken cancellationToken = default) =>
        image.Value.Algorithm == DigestAlgorithm.Sha256 ? await ReadFileAsync(image, cancellationToken).ConfigureAwait(false) : [];

    /// <inheritdoc/>
    public async IAsyncEnumerable<ImageId> ListImagesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var image in DigestNames.List(_records, isDirectory: false, static (ref _, id) => id))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return image;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(ImageId image, CancellationToken cancellationToken = default)
    {
        if (image.Value.Algorithm != DigestAlgorithm.Sha256 || !DurableFile.Exists(RecordPath(image)))
            return false;
        using var hold = await _lock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        string path = RecordPath(image);
        if (!DurableFile.Exists(path))
            return false;
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "delete the file", path);
        }
        DurableFile.SyncDirectory(_records);
        return true;
    }

    internal string RecordPath(ImageId image) => Path.Combine(_records, image.Value.Hex);

    private async ValueTask<List<ImageOrigin>> TryReadAsync(ImageId image, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadFileAsync(image, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException e) when (e.Kind == OciErrorKind.Corrupt)
        {
            return [];
        }
    }

    private async ValueTask<List<ImageOrigin>> ReadFileAsync(ImageId image, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string path = RecordPath(image);
        try
        {
            var file = new FileStream(path, System.IO.FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            await using (file.ConfigureAwait(false))
            {
                if (file.Length > MaxFileLength)
                    throw new JsonException($"it has {file.Length} bytes");
                byte[] bytes = new byte[file.Length];
                await file.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
                var entries = JsonSerializer.Deserialize(bytes, OriginJson.Default.OriginFile)?.Origins;
                return (entries ?? throw new JsonException("it has no origins")).ConvertAll(entry => entry.ToOrigin());
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException || (e is OciException oci && oci.Kind == OciErrorKind.InvalidInput))
        {
            throw new StorageException(OciErrorKind.Corrupt, $"The record of the origins of an image {path} is damaged: {e.Message.TrimEnd('.')}.", path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the file", path);
        }
    }
}
