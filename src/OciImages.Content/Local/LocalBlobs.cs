using System.Runtime.CompilerServices;
using OciImages.Content.Internal;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>Committed content: the file's length and time are its size and commit time.</summary>
internal sealed class LocalBlobs(LocalLayout layout, LocalLabels labels)
{
    private static readonly DigestAlgorithm[] Algorithms = [DigestAlgorithm.Sha256, DigestAlgorithm.Sha512];

    internal async ValueTask<ContentInfo?> FindAsync(Digest digest, CancellationToken cancellationToken)
    {
        var file = new FileInfo(layout.Blob(digest));
        if (!file.Exists)
            return null;
        return new ContentInfo(digest, file.Length, new DateTimeOffset(file.LastWriteTimeUtc))
        {
            Labels = await labels.ReadAsync(digest, cancellationToken).ConfigureAwait(false),
        };
    }

    internal Stream OpenRead(Digest digest)
    {
        string path = layout.Blob(digest);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Failures.NotFound(digest);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "read the content", path);
        }
    }

    /// <summary>Lists files that are named as content is; others are not ours.</summary>
    internal async IAsyncEnumerable<ContentInfo> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var algorithm in Algorithms)
        {
            foreach (string path in Files(Path.Combine(layout.Blobs, algorithm.Name)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!Digest.TryParse($"{algorithm.Name}:{Path.GetFileName(path)}", out var digest))
                    continue;
                if (await FindAsync(digest, cancellationToken).ConfigureAwait(false) is { } info)
                    yield return info;
            }
        }
    }

    internal async ValueTask<bool> DeleteAsync(Digest digest, CancellationToken cancellationToken)
    {
        string path = layout.Blob(digest);
        if (!File.Exists(path))
            return false;
        await layout.EnsureAsync(cancellationToken).ConfigureAwait(false);
        using var hold = await layout.LabelLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        if (!File.Exists(path))
            return false;
        try
        {
            // Labels first: left behind, they would show on the same content when it is committed again.
            labels.Delete(digest);
            File.Delete(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "delete the content", path);
        }
    }

    /// <summary>Looks for content that a commit can take instead of its own data: of equal size, and durable.</summary>
    internal async ValueTask<ContentInfo?> FindDurableAsync(Digest digest, long size, CancellationToken cancellationToken)
    {
        // A file of another size was damaged from outside; the new data replaces it.
        if (await FindAsync(digest, cancellationToken).ConfigureAwait(false) is not { } info || info.Size != size)
            return null;
        // Whoever committed it, maybe just now in another process, may not have synced its name yet.
        DurableFile.SyncDirectory(Path.GetDirectoryName(layout.Blob(digest))!);
        return info;
    }

    private static IEnumerable<string> Files(string folder) => Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : [];
}
