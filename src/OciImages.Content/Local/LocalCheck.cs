using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>
/// Looks for what does not belong. It holds no lock while it looks, and changes nothing without repair: a store that may only be read can be
/// checked, and others work meanwhile.
/// </summary>
internal sealed class LocalCheck(
    LocalLayout layout, LocalLeases leases, LocalBlobs blobs, LocalIngests ingests, LocalCheckOptions options, TimeProvider timeProvider)
{
    // A write takes milliseconds; what is older was left. Repair proves it by the lock.
    private static readonly TimeSpan TemporaryAge = TimeSpan.FromMinutes(1);

    private readonly LocalRepair _repair = new(layout, options.Repair);
    private bool _isReadable = true;

    internal async IAsyncEnumerable<StoreFinding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!DurableDirectory.Exists(layout.Root))
            yield break;
        var sideFiles = new LocalSideFileCheck(layout, leases, blobs, _repair, timeProvider);
        foreach (var part in (IAsyncEnumerable<StoreFinding>[])[
            CheckLayoutAsync(cancellationToken),
            CheckTemporariesAsync(layout.Root, layout.RootLock, cancellationToken),
            CheckTemporariesAsync(layout.Labels, layout.LabelLock, cancellationToken),
            CheckTemporariesAsync(layout.Leases, layout.LeaseLock, cancellationToken),
            new LocalNameCheck(layout, ingests, _repair).RunAsync(cancellationToken),
            RehashAsync(cancellationToken),
            sideFiles.CheckLabelsAsync(cancellationToken),
            sideFiles.CheckLeasesAsync(cancellationToken)])
        {
            await foreach (var finding in part.ConfigureAwait(false))
                yield return finding;
        }
    }

    /// <summary>What is wrong with a JSON file; null when nothing is, or it is not there.</summary>
    internal static async ValueTask<string?> ProblemAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
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

    /// <summary>What a folder has that is not hidden; nothing when there is no folder.</summary>
    internal static IEnumerable<string> Entries(string folder) => List(folder, "*").Where(path => !Path.GetFileName(path).StartsWith('.'));

    // A store of another version was refused before; what is here is damaged or fine.
    private async IAsyncEnumerable<StoreFinding> CheckLayoutAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (await CheckFileAsync(layout.Version, LocalJson.Default.LayoutVersion, cancellationToken).ConfigureAwait(false) is { } version)
        {
            _isReadable = version.IsRepaired;
            yield return version;
        }
        var index = await CheckFileAsync(layout.Index, LocalJson.Default.LayoutIndex, cancellationToken).ConfigureAwait(false);
        if (index is not null)
            yield return index;
        if (options.Repair)
        {
            using (await layout.RootLock.AcquireAsync(cancellationToken).ConfigureAwait(false))
                await layout.WriteMissingAsync(cancellationToken).ConfigureAwait(false);
        }
        else if (index is not null)
        {
            yield break;
        }
        var entries = await SideFile.ReadAsync(layout.Index, LocalJson.Default.LayoutIndex, LocalIndex.MaxLength, cancellationToken).ConfigureAwait(false);
        foreach (var entry in entries?.Manifests ?? [])
        {
            if (blobs.Stat(entry.Digest) is not { } info)
                yield return LocalRepair.Found(layout.Index, $"It lists {entry.Digest}, which is not in the store.", StoreFindingSeverity.Inconsistent);
            else if (info.Size != entry.Size)
                yield return LocalRepair.Found(layout.Index, $"It lists {entry.Digest} with {entry.Size} bytes; it has {info.Size}.", StoreFindingSeverity.Inconsistent);
        }
    }

    // A new one is written in its place.
    private async ValueTask<StoreFinding?> CheckFileAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        if (await ProblemAsync(path, type, cancellationToken).ConfigureAwait(false) is not { } problem)
            return null;
        var finding = await _repair.MoveAsync(
            path, problem, layout.RootLock, async () => await ProblemAsync(path, type, cancellationToken).ConfigureAwait(false) is not null,
            cancellationToken).ConfigureAwait(false);
        return finding is null ? null : finding with { Repair = "It is moved to quarantine/, and a new one is made." };
    }

    private async IAsyncEnumerable<StoreFinding> CheckTemporariesAsync(
        string folder, StoreLock guard, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (string path in List(folder, ".tmp-*"))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (timeProvider.GetUtcNow().UtcDateTime - File.GetLastWriteTimeUtc(path) > TemporaryAge
                && await _repair.DeleteAsync(
                    path, "A temporary file that its writer left.", guard, () => ValueTask.FromResult(DurableFile.Exists(path)),
                    cancellationToken).ConfigureAwait(false) is { } finding)
            {
                yield return finding;
            }
        }
    }

    private async IAsyncEnumerable<StoreFinding> RehashAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!options.Deep || !_isReadable)
            yield break;
        Func<ContentInfo, CancellationToken, ValueTask<bool>>? quarantine =
            options.Repair ? (content, token) => _repair.MoveContentAsync(content, blobs, token) : null;
        await foreach (var finding in new LocalRehash(layout, blobs, quarantine).RunAsync(cancellationToken).ConfigureAwait(false))
            yield return finding;
    }

    private static List<string> List(string folder, string pattern)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(folder, pattern).ToList();
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
