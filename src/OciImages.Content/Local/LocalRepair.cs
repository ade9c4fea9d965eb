using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>
/// What a check does about what it finds, when it may: one finding at a time, under the lock of those who change such files, and only if it is
/// still so. Nothing that holds data is deleted: it moves to <c>quarantine/</c>.
/// </summary>
internal sealed class LocalRepair(LocalLayout layout, bool isOn)
{
    internal const string Store = "content";
    private const string DeleteIt = "It is deleted.";
    private const string MoveIt = "It is moved to quarantine/.";

    internal static StoreFinding Found(string path, string problem, StoreFindingSeverity severity, string? repair = null) =>
        new(Store, path, problem, severity, repair);

    /// <summary>A file without data that is in the way.</summary>
    /// <returns>The finding; null when it was no longer so.</returns>
    internal ValueTask<StoreFinding?> DeleteAsync(
        string path, string problem, StoreLock guard, Func<ValueTask<bool>> isStillSo, CancellationToken cancellationToken) =>
        DoAsync(Found(path, problem, StoreFindingSeverity.Waste, DeleteIt), guard, isStillSo, Delete, cancellationToken);

    /// <summary>A file whose content is wrong.</summary>
    /// <returns>The finding; null when it was no longer so.</returns>
    internal ValueTask<StoreFinding?> MoveAsync(
        string path, string problem, StoreLock guard, Func<ValueTask<bool>> isStillSo, CancellationToken cancellationToken) =>
        DoAsync(Found(path, problem, StoreFindingSeverity.Inconsistent, MoveIt), guard, isStillSo, ToQuarantine, cancellationToken);

    /// <summary>An ingest that nobody can continue. One that a writer has open stays.</summary>
    /// <returns>The finding; null when it was no longer so.</returns>
    internal ValueTask<StoreFinding?> MoveIngestAsync(
        string folder, string problem, Func<ValueTask<bool>> isStillSo, CancellationToken cancellationToken) =>
        DoAsync(Found(folder, problem, StoreFindingSeverity.Waste, MoveIt), layout.IngestLock, isStillSo, ToQuarantine, cancellationToken);

    /// <summary>Content that hashes to something else, unless it was replaced since, which gave it another time.</summary>
    internal async ValueTask<bool> MoveContentAsync(ContentInfo hashed, LocalBlobs blobs, CancellationToken cancellationToken)
    {
        using var hold = await layout.LabelLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        if (blobs.Stat(hashed.Digest) is not { } now || now.Size != hashed.Size || now.CreatedAt != hashed.CreatedAt)
            return false;
        ToQuarantine(layout.Blob(hashed.Digest));
        return true;
    }

    private async ValueTask<StoreFinding?> DoAsync(
        StoreFinding found, StoreLock guard, Func<ValueTask<bool>> isStillSo, Action<string> repair, CancellationToken cancellationToken)
    {
        if (!isOn)
            return found;
        using var hold = await guard.AcquireAsync(cancellationToken).ConfigureAwait(false);
        if (!await isStillSo().ConfigureAwait(false))
            return null;
        repair(found.Path);
        return found with { IsRepaired = true };
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "delete the file", path);
        }
    }

    private void ToQuarantine(string path)
    {
        DurableDirectory.Create(layout.Quarantine, LocalLayout.Private);
        string target = Path.Combine(layout.Quarantine, Path.GetRelativePath(layout.Root, path).Replace(Path.DirectorySeparatorChar, '-'));
        for (int i = 1; Path.Exists(target); i++)
            target = $"{target.TrimEnd('~')}{new string('~', i)}";
        try
        {
            Directory.Move(path, target); // files too
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "move to quarantine", path);
        }
        DurableFile.SyncDirectory(layout.Quarantine);
        DurableFile.SyncDirectory(Path.GetDirectoryName(path)!);
    }
}
