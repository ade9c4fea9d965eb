using System.IO.Enumeration;
using System.Runtime.CompilerServices;
using OciImages.Content.Internal;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>Committed content: the file's length and time are its size and commit time.</summary>
internal sealed class LocalBlobs(LocalLayout layout, LocalLeases leases, LocalLabels labels)
{
    private static readonly DigestAlgorithm[] Algorithms = [DigestAlgorithm.Sha256, DigestAlgorithm.Sha512];

    internal async ValueTask<ContentInfo?> FindAsync(Digest digest, CancellationToken cancellationToken)
    {
        await layout.CheckAsync(cancellationToken).ConfigureAwait(false);
        return Stat(digest) is { } info ? await WithLabelsAsync(info, cancellationToken).ConfigureAwait(false) : null;
    }

    internal async ValueTask<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken)
    {
        await layout.CheckAsync(cancellationToken).ConfigureAwait(false);
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

    internal async IAsyncEnumerable<ContentInfo> ListAsync(
        ContentFilter? filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var digest in ListDigestsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (filter?.MatchesDigest(digest) == false || Stat(digest) is not { } file || filter?.MatchesFile(file) == false)
                continue;
            var info = await WithLabelsAsync(file, cancellationToken).ConfigureAwait(false);
            if (filter?.MatchesLabels(info) != false)
                yield return info;
        }
    }

    /// <summary>Lists files that are named as content is; others are not ours.</summary>
    internal async IAsyncEnumerable<Digest> ListDigestsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await layout.CheckAsync(cancellationToken).ConfigureAwait(false);
        foreach (var algorithm in Algorithms)
        {
            string folder = Path.Combine(layout.Blobs, algorithm.Name);
            using var files = Enumerate(folder, algorithm);
            while (MoveNext(files, folder))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return files!.Current;
            }
        }
    }

    internal async ValueTask<bool> DeleteAsync(Digest digest, CancellationToken cancellationToken)
    {
        await layout.CheckAsync(cancellationToken).ConfigureAwait(false);
        if (Stat(digest) is null)
            return false;
        await leases.EnsureAsync(cancellationToken).ConfigureAwait(false);
        using var hold = await layout.LabelLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        if (Stat(digest) is null)
            return false;
        labels.Delete([digest]);
        Remove(digest);
        return true;
    }

    internal async ValueTask<IReadOnlyList<ContentInfo>> DeleteUnleasedAsync(
        IReadOnlyCollection<Digest> digests, DateTimeOffset committedBefore, bool dryRun, CancellationToken cancellationToken)
    {
        await layout.CheckAsync(cancellationToken).ConfigureAwait(false);
        if (!DurableDirectory.Exists(layout.Root))
            return [];
        // Changes nothing, so that it needs no store that can be written.
        if (dryRun)
            return await UnleasedAsync(digests, committedBefore, cancellationToken).ConfigureAwait(false);
        await leases.EnsureAsync(cancellationToken).ConfigureAwait(false);
        // Both until the end: nobody leases what is going, and nobody labels it.
        using var leaseHold = await layout.LeaseLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        using var labelHold = await layout.LabelLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        await leases.SweepAsync(cancellationToken).ConfigureAwait(false);
        var going = await UnleasedAsync(digests, committedBefore, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        labels.Delete(going.Select(info => info.Digest));
        foreach (var info in going)
            Remove(info.Digest);
        return going;
    }

    private async ValueTask<List<ContentInfo>> UnleasedAsync(
        IReadOnlyCollection<Digest> digests, DateTimeOffset committedBefore, CancellationToken cancellationToken)
    {
        var leased = new HashSet<Digest>();
        await foreach (var lease in leases.ListAsync(cancellationToken).ConfigureAwait(false))
            leased.UnionWith(lease.Content);
        return digests.Distinct().Where(digest => !leased.Contains(digest)).Select(Stat).OfType<ContentInfo>()
            .Where(info => info.CreatedAt < committedBefore).ToList();
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

    internal ContentInfo? Stat(Digest digest)
    {
        var file = new FileInfo(layout.Blob(digest));
        // What may not be looked at is not absent.
        if (!file.Exists && !DurableFile.Exists(file.FullName))
            return null;
        try
        {
            return new ContentInfo(digest, file.Length, new DateTimeOffset(file.LastWriteTimeUtc));
        }
        catch (FileNotFoundException)
        {
            return null; // it came or went between two looks
        }
    }

    private async ValueTask<ContentInfo> WithLabelsAsync(ContentInfo info, CancellationToken cancellationToken) =>
        info with { Labels = await labels.ReadAsync(info.Digest, cancellationToken).ConfigureAwait(false) };

    private void Remove(Digest digest)
    {
        string path = layout.Blob(digest);
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "delete the content", path);
        }
    }

    // From the names alone; files are told from directories by what the listing says of them.
    private static IEnumerator<Digest>? Enumerate(string folder, DigestAlgorithm algorithm)
    {
        try
        {
            return new FileSystemEnumerable<Digest>(folder, (ref FileSystemEntry entry) => ToDigest(algorithm, entry.FileName))
            {
                ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && !ToDigest(algorithm, entry.FileName).IsEmpty,
            }.GetEnumerator();
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "list the content", folder);
        }
    }

    private static bool MoveNext(IEnumerator<Digest>? files, string folder)
    {
        try
        {
            return files?.MoveNext() == true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "list the content", folder);
        }
    }

    private static Digest ToDigest(DigestAlgorithm algorithm, ReadOnlySpan<char> name) =>
        Digest.TryParse($"{algorithm.Name}:{name}", out var digest) ? digest : default;
}
