using System.Text;
using Microsoft.Extensions.Logging;
using OciImages.Configs;
using OciImages.Images.Internal;
using OciImages.IO;

namespace OciImages.Images;

/// <summary>The files of <c>imagedb</c>, with temporary ones in the folder itself. An ID of another algorithm than SHA-256 has none.</summary>
internal sealed class ImageFiles(string root)
{
    internal const string Parent = "parent";
    internal const string LastUpdated = "lastUpdated";

    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode DirectoryMode = FileMode | UnixFileMode.UserExecute;

    // A digest or a time; anything longer is not ours.
    private const int MaxNoteLength = 256;

    private readonly string _content = Path.Combine(root, "content", DigestAlgorithm.Sha256.Name);
    private readonly string _metadata = Path.Combine(root, "metadata", DigestAlgorithm.Sha256.Name);

    internal string Content(ImageId id) => Path.Combine(_content, id.Value.Hex);

    internal string Note(ImageId id, string name) => Path.Combine(_metadata, id.Value.Hex, name);

    internal bool HasContent(ImageId id) => IsOurs(id) && DurableFile.Exists(Content(id));

    internal void CreateDirectories()
    {
        DurableDirectory.Create(_content, DirectoryMode);
        DurableDirectory.Create(_metadata, DirectoryMode);
    }

    /// <summary>When a name was added to the configs or taken last; null when there is no folder.</summary>
    internal DateTime? ContentTime() => new DirectoryInfo(_content) is { Exists: true } folder ? folder.LastWriteTimeUtc : null;

    internal IEnumerable<ImageId> List() => DigestNames.List(_content, isDirectory: false, static (ref entry, id) => id);

    internal IEnumerable<(ImageId Id, FileStamp Stamp)> ListStamped() => DigestNames.List(
        _content, isDirectory: false, static (ref entry, id) => (id, new FileStamp(entry.Length, entry.LastWriteTimeUtc.UtcTicks)));

    /// <summary>Images that something is noted of, whether their configs are there or not.</summary>
    internal IEnumerable<ImageId> ListNoted() => DigestNames.List(_metadata, isDirectory: true, static (ref entry, id) => id);

    /// <summary>The same, with when the folder of the notes was changed last.</summary>
    internal IEnumerable<(ImageId Id, DateTime Modified)> ListNotedStamped() =>
        DigestNames.List(_metadata, isDirectory: true, static (ref entry, id) => (id, entry.LastWriteTimeUtc.UtcDateTime));

    internal FileStamp? Stamp(ImageId id) =>
        new FileInfo(Content(id)) is { Exists: true } file ? new FileStamp(file.Length, file.LastWriteTimeUtc.Ticks) : null;

    internal async ValueTask<ImageId?> ReadParentAsync(ImageId id, ILogger logger, CancellationToken cancellationToken)
    {
        if (await ReadNoteAsync(id, Parent, cancellationToken).ConfigureAwait(false) is not { } text)
            return null;
        if (Digest.TryParse(text, out var digest))
            return new ImageId(digest);
        logger.DamagedNote(Note(id, Parent));
        return null;
    }

    /// <summary>Reads what is stored as a config, or null when nothing is. More than a config may have is cut off.</summary>
    internal ValueTask<byte[]?> ReadContentAsync(ImageId id, CancellationToken cancellationToken) =>
        IsOurs(id) ? ReadAsync(Content(id), ImageConfig.MaxSize, cancellationToken) : ValueTask.FromResult<byte[]?>(null);

    internal ValueTask WriteContentAsync(ImageId id, ReadOnlyMemory<byte> config, CancellationToken cancellationToken) =>
        DurableFile.WriteAsync(Content(id), config, FileMode, root, cancellationToken);

    internal async ValueTask<string?> ReadNoteAsync(ImageId id, string name, CancellationToken cancellationToken)
    {
        if (!IsOurs(id))
            return null;
        byte[]? bytes = await ReadAsync(Note(id, name), MaxNoteLength, cancellationToken).ConfigureAwait(false);
        return bytes is null ? null : Encoding.UTF8.GetString(bytes).Trim();
    }

    internal ValueTask WriteNoteAsync(ImageId id, string name, string text, CancellationToken cancellationToken)
    {
        DurableDirectory.Create(Path.Combine(_metadata, id.Value.Hex), DirectoryMode);
        return DurableFile.WriteAsync(Note(id, name), Encoding.ASCII.GetBytes(text), FileMode, root, cancellationToken);
    }

    internal void DeleteNote(ImageId id, string name)
    {
        string path = Note(id, name);
        if (!DurableFile.Exists(path))
            return;
        Try(() => File.Delete(path), "delete the file", path);
        DurableFile.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Deletes an image in Docker's order: what is noted, then the config. Afterwards that is durable.</summary>
    internal void Delete(ImageId id)
    {
        string notes = Path.Combine(_metadata, id.Value.Hex);
        if (DurableDirectory.Exists(notes))
            Try(() => Directory.Delete(notes, recursive: true), "delete the folder", notes);
        Try(() => File.Delete(Content(id)), "delete the image config", Content(id));
        DurableFile.SyncDirectory(_content);
    }

    private static bool IsOurs(ImageId id) => id.Value.Algorithm == DigestAlgorithm.Sha256;

    private static async ValueTask<byte[]?> ReadAsync(string path, int limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!DurableFile.Exists(path))
            return null;
        try
        {
            var file = new FileStream(path, System.IO.FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            await using (file.ConfigureAwait(false))
            {
                byte[] bytes = new byte[Math.Min(file.Length, limit)];
                await file.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
                return bytes;
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the file", path);
        }
    }

    private static void Try(Action action, string what, string path)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, what, path);
        }
    }
}
