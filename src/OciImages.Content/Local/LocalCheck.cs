using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>
/// Looks for what does not belong. Repair throws only away what holds no data (temporary files, labels of nothing) and moves the rest
/// to <c>quarantine/</c>.
/// </summary>
internal sealed class LocalCheck(LocalLayout layout, LocalLeases leases, LocalBlobs blobs, LocalCheckOptions options, TimeProvider timeProvider)
{
    private const string Store = "content";
    private const string DeleteIt = "It is deleted.";
    private const string MoveIt = "It is moved to quarantine/.";
    private static readonly TimeSpan LeaseLife = new ContentLeaseOptions().Duration;

    private bool _isReadable = true;

    internal async IAsyncEnumerable<StoreFinding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!Directory.Exists(layout.Root))
            yield break;
        foreach (var finding in await CheckLayoutAsync(cancellationToken).ConfigureAwait(false))
            yield return finding;
        await foreach (var finding in CheckNamesAsync(cancellationToken).ConfigureAwait(false))
            yield return finding;
        if (options.Deep && _isReadable)
        {
            await foreach (var finding in new LocalRehash(layout, blobs, options.Repair ? QuarantineContentAsync : null)
                .RunAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return finding;
            }
        }
        foreach (var finding in await CheckLabelsAsync(cancellationToken).ConfigureAwait(false))
            yield return finding;
        foreach (var finding in await CheckLeasesAsync(cancellationToken).ConfigureAwait(false))
            yield return finding;
    }

    // A store of another version was refused before; what is here is damaged or fine.
    private async ValueTask<List<StoreFinding>> CheckLayoutAsync(CancellationToken cancellationToken)
    {
        var found = new List<StoreFinding>();
        using var hold = await HoldAsync(layout.RootLock, cancellationToken).ConfigureAwait(false);
        foreach (string path in Temporaries(layout.Root, SearchOption.TopDirectoryOnly))
            found.Add(Delete(path, "A temporary file that its writer left."));
        if (await ProblemAsync(layout.Version, LocalJson.Default.LayoutVersion, cancellationToken).ConfigureAwait(false) is { } version)
        {
            found.Add(Move(layout.Version, version, "It is moved to quarantine/, and a new one is made."));
            _isReadable = options.Repair;
        }
        if (await ProblemAsync(layout.Index, LocalJson.Default.LayoutIndex, cancellationToken).ConfigureAwait(false) is { } index)
        {
            found.Add(Move(layout.Index, index, "It is moved to quarantine/, and a new one is made."));
        }
        if (options.Repair)
            await layout.WriteMissingAsync(cancellationToken).ConfigureAwait(false);
        else if (found.Exists(finding => finding.Path == layout.Index))
            return found;
        var entries = await SideFile.ReadAsync(layout.Index, LocalJson.Default.LayoutIndex, LocalIndex.MaxLength, cancellationToken).ConfigureAwait(false);
        foreach (var entry in entries?.Manifests ?? [])
        {
            if (blobs.Stat(entry.Digest) is not { } info)
                found.Add(Found(layout.Index, $"It lists {entry.Digest}, which is not in the store.", StoreFindingSeverity.Inconsistent));
            else if (info.Size != entry.Size)
                found.Add(Found(layout.Index, $"It lists {entry.Digest} with {entry.Size} bytes; it has {info.Size}.", StoreFindingSeverity.Inconsistent));
        }
        return found;
    }

    private async IAsyncEnumerable<StoreFinding> CheckNamesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (string path in Entries(layout.Blobs))
        {
            string name = Path.GetFileName(path);
            if (!Directory.Exists(path) || !DigestAlgorithm.TryGet(name, out _))
            {
                yield return Found(path, "It is not named after a digest algorithm.", StoreFindingSeverity.Waste);
                continue;
            }
            foreach (string file in Entries(path))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!Digest.TryParse($"{name}:{Path.GetFileName(file)}", out _) || Directory.Exists(file))
                    yield return Found(file, "It is not content: its name is no digest, or it is a directory.", StoreFindingSeverity.Waste);
            }
        }
        foreach (string folder in Entries(layout.Ingests).Where(Directory.Exists))
        {
            string id = Path.Combine(folder, "ref");
            if (!File.Exists(id) || layout.Ingest(await File.ReadAllBytesAsync(id, cancellationToken).ConfigureAwait(false)) != folder)
                yield return await CheckIngestAsync(folder, cancellationToken).ConfigureAwait(false);
        }
    }

    // Its writer may just be making it: under the lock nobody is, and one that is open is held.
    private async ValueTask<StoreFinding> CheckIngestAsync(string folder, CancellationToken cancellationToken)
    {
        var found = Found(folder, "The ingest has no id, or one of another ingest: nobody can continue it.", StoreFindingSeverity.Waste, MoveIt);
        if (!options.Repair)
            return found;
        using var hold = await layout.IngestLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        using var held = File.Exists(Path.Combine(folder, "lock")) ? FileLock.TryAcquire(Path.Combine(folder, "lock")) : null;
        if (held is null && File.Exists(Path.Combine(folder, "lock")))
            return found with { Repair = null };
        return found with { IsRepaired = ToQuarantine(folder) };
    }

    private async ValueTask<List<StoreFinding>> CheckLabelsAsync(CancellationToken cancellationToken)
    {
        var found = new List<StoreFinding>();
        if (!Directory.Exists(layout.Labels))
            return found;
        using var hold = await HoldAsync(layout.LabelLock, cancellationToken).ConfigureAwait(false);
        foreach (string path in Temporaries(layout.Labels, SearchOption.AllDirectories))
            found.Add(Delete(path, "A temporary file that its writer left."));
        foreach (string folder in Entries(layout.Labels).Where(Directory.Exists))
        {
            foreach (string path in Entries(folder))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!Digest.TryParse($"{Path.GetFileName(folder)}:{Path.GetFileName(path)}", out var digest))
                    found.Add(Found(path, "It is not named after content.", StoreFindingSeverity.Waste));
                else if (blobs.Stat(digest) is null)
                    found.Add(Delete(path, $"It has labels of {digest}, which is not in the store."));
                else if (await ProblemAsync(path, LocalJson.Default.DictionaryStringString, cancellationToken).ConfigureAwait(false) is { } problem)
                    found.Add(Move(path, problem));
            }
        }
        return found;
    }

    private async ValueTask<List<StoreFinding>> CheckLeasesAsync(CancellationToken cancellationToken)
    {
        var found = new List<StoreFinding>();
        if (!Directory.Exists(layout.Leases))
            return found;
        using var hold = await HoldAsync(layout.LeaseLock, cancellationToken).ConfigureAwait(false);
        foreach (string path in Temporaries(layout.Leases, SearchOption.TopDirectoryOnly))
            found.Add(Delete(path, "A temporary file that its writer left."));
        foreach (string path in Entries(layout.Leases).Where(path => path.EndsWith(LocalLayout.LeaseSuffix, StringComparison.Ordinal)))
        {
            string? problem = null;
            try
            {
                await leases.ReadAsync(Path.GetFileName(path)[..^LocalLayout.LeaseSuffix.Length], cancellationToken).ConfigureAwait(false);
            }
            catch (StorageException e) when (e.Kind == OciErrorKind.Corrupt)
            {
                problem = e.Message;
            }
            if (problem is null)
                continue;
            // Whoever made it may still count on it; after the time that leases last by default it is over.
            if (File.GetLastWriteTimeUtc(path) + LeaseLife < timeProvider.GetUtcNow())
                found.Add(Move(path, problem));
            else
                found.Add(Found(path, $"{problem} It may be in use until it is {LeaseLife.TotalHours} hours old.", StoreFindingSeverity.Inconsistent));
        }
        return found;
    }

    private async ValueTask<bool> QuarantineContentAsync(ContentInfo hashed, CancellationToken cancellationToken)
    {
        using var hold = await layout.LabelLock.AcquireAsync(cancellationToken).ConfigureAwait(false);
        // Whoever replaced it since gave it another time.
        return blobs.Stat(hashed.Digest) is { } now && now.Size == hashed.Size && now.CreatedAt == hashed.CreatedAt
            && ToQuarantine(layout.Blob(hashed.Digest));
    }

    // Nobody writes meanwhile, so what is temporary is left over. Findings are given after: whoever gets one may use the store.
    private async ValueTask<IDisposable?> HoldAsync(StoreLock taken, CancellationToken cancellationToken)
    {
        try
        {
            return await taken.AcquireAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException e) when (e.Kind == OciErrorKind.Forbidden && !options.Repair)
        {
            return null; // a store that this process may only read
        }
    }

    private static async ValueTask<string?> ProblemAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            await SideFile.ReadAsync(path, type, LocalIndex.MaxLength, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (StorageException e) when (e.Kind == OciErrorKind.Corrupt)
        {
            return e.Message;
        }
    }

    private static StoreFinding Found(string path, string problem, StoreFindingSeverity severity, string? repair = null) =>
        new(Store, path, problem, severity, repair);

    private StoreFinding Move(string path, string problem, string repair = MoveIt) =>
        Found(path, problem, StoreFindingSeverity.Inconsistent, repair) with { IsRepaired = options.Repair && ToQuarantine(path) };

    private StoreFinding Delete(string path, string problem)
    {
        var found = Found(path, problem, StoreFindingSeverity.Waste, DeleteIt);
        if (!options.Repair)
            return found;
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "delete the file", path);
        }
        return found with { IsRepaired = true };
    }

    private bool ToQuarantine(string path)
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
        return true;
    }

    private static List<string> Temporaries(string folder, SearchOption depth) =>
        Directory.EnumerateFiles(folder, ".tmp-*", depth).ToList();

    private static List<string> Entries(string folder)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(folder).Where(path => !Path.GetFileName(path).StartsWith('.')).ToList();
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "list the directory", folder);
        }
    }
}
