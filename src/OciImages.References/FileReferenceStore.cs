using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OciImages.IO;
using OciImages.References.Internal;

namespace OciImages.References;

/// <summary>References in Docker's file <c>repositories.json</c>, which several processes may use at once.</summary>
/// <remarks>
/// <para>
/// The file is an object <c>Repositories</c> of familiar repository names to objects of familiar references to image IDs, compact and
/// sorted; it is replaced as a whole, durably, with mode 0600. A missing file is an empty store. A change holds a lock between
/// processes and starts from what the file has then; a read sees what others wrote.
/// </para>
/// <para>
/// What this store does not understand (other members, names that are not references, values that are not digests) is reported to the
/// log, not found and not listed, and written back as it was. References to images that do not exist are kept. A file that is not
/// such JSON at all is never overwritten: every call fails (<see cref="OciErrorKind.Corrupt"/>) and names it.
/// </para>
/// </remarks>
/// <threadsafety>Safe to share.</threadsafety>
public sealed class FileReferenceStore : IReferenceStore
{
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode DirectoryMode = FileMode | UnixFileMode.UserExecute;

    private readonly ReferenceFile _file;
    private readonly StoreLock _lock;

    /// <summary>Makes a store; the disk is not touched before the first call.</summary>
    /// <param name="path">The file, such as <c>/var/lib/docker/image/overlay2/repositories.json</c>.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <param name="logger">Where entries that are not understood are told; null for nowhere.</param>
    public FileReferenceStore(string path, FileReferenceStoreOptions? options = null, ILogger<FileReferenceStore>? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new FileReferenceStoreOptions();
        FilePath = Path.GetFullPath(path);
        _file = new ReferenceFile(FilePath, logger ?? NullLogger<FileReferenceStore>.Instance);
        _lock = new StoreLock(options.LockPath ?? FilePath + ".lock", options.LockTimeout, temporaries: Path.GetDirectoryName(FilePath));
    }

    /// <summary>The full path of the file.</summary>
    public string FilePath { get; }

    /// <inheritdoc/>
    public async ValueTask<ImageId?> FindAsync(ImageReference reference, CancellationToken cancellationToken = default)
    {
        var key = KeyOf(reference);
        return (await _file.ReadAsync(cancellationToken).ConfigureAwait(false)).Find(key);
    }

    /// <inheritdoc/>
    public async ValueTask SetAsync(
        ImageReference reference, ImageId imageId, ReferenceWrite mode = ReferenceWrite.Replace, CancellationToken cancellationToken = default)
    {
        var key = KeyOf(reference);
        if (imageId.IsEmpty)
            throw new ArgumentException("The image ID is empty.", nameof(imageId));
        if (key.FamiliarName == DigestAlgorithm.Sha256.Name)
        {
            throw new OciException(
                OciErrorKind.InvalidInput, "refusing to create an ambiguous tag using digest algorithm as name");
        }
        DurableDirectory.Create(Path.GetDirectoryName(FilePath)!, DirectoryMode);
        using var hold = await _lock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        var table = await _file.ReadAsync(cancellationToken).ConfigureAwait(false);
        var current = table.Find(key);
        if (current == imageId)
            return;
        if (current is not null && key.Digest is { } digest)
            throw new OciException(OciErrorKind.Conflict, $"Cannot overwrite digest {digest}");
        if (current is not null && mode == ReferenceWrite.CreateOnly)
        {
            throw new OciException(
                OciErrorKind.Conflict,
                $"Conflict: Tag {key.ToFamiliarString()} is already set to image {current}, if you want to replace it, please use the force option");
        }
        if (table.IsDamaged(key.Repository))
        {
            throw new StorageException(
                OciErrorKind.Corrupt, $"The repository {key.FamiliarName} in {FilePath} is not an object; repair the file first.", FilePath);
        }
        await _file.WriteAsync(table.Set(key, imageId), FileMode, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RemoveAsync(ImageReference reference, CancellationToken cancellationToken = default)
    {
        var key = KeyOf(reference);
        if ((await _file.ReadAsync(cancellationToken).ConfigureAwait(false)).Find(key) is null)
            return false;
        using var hold = await _lock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        var table = await _file.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (table.Find(key) is null)
            return false;
        await _file.WriteAsync(table.Remove(key), FileMode, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ReferenceEntry> ListAsync(
        ImageId? imageId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var table = await _file.ReadAsync(cancellationToken).ConfigureAwait(false);
        foreach (var entry in imageId is { } id ? table.List(id) : table.List())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }
    }

    /// <summary>Names what is in the file but is no reference: such entries are kept as they are and never found.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The names of repositories and references, as they are written.</returns>
    /// <exception cref="StorageException">The file is damaged (<see cref="OciErrorKind.Corrupt"/>) or cannot be read.</exception>
    public async ValueTask<IReadOnlyList<string>> ListNotUnderstoodAsync(CancellationToken cancellationToken = default) =>
        (await _file.ReadAsync(cancellationToken).ConfigureAwait(false)).NotUnderstood;

    // With both, the digest alone is stored and looked for.
    private static ImageReference KeyOf(ImageReference reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        if (reference.Digest is not null)
            return reference.Tag is null ? reference : reference with { Tag = null };
        return reference.Tag is not null
            ? reference
            : throw new ArgumentException($"The reference {reference} has neither tag nor digest.", nameof(reference));
    }
}
