using System.Runtime.CompilerServices;
using OciImages.IO;

namespace OciImages.Content.Local;

/// <summary>Looks at labels and leases.</summary>
internal sealed class LocalSideFileCheck(LocalLayout layout, LocalLeases leases, LocalBlobs blobs, LocalRepair repair, TimeProvider timeProvider)
{
    private static readonly TimeSpan LeaseLife = new ContentLeaseOptions().Duration;

    internal async IAsyncEnumerable<StoreFinding> CheckLabelsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (string folder in LocalCheck.Entries(layout.Labels).Where(Directory.Exists))
        {
            foreach (string path in LocalCheck.Entries(folder))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (await CheckLabelsAsync(Path.GetFileName(folder), path, cancellationToken).ConfigureAwait(false) is { } finding)
                    yield return finding;
            }
        }
    }

    internal async IAsyncEnumerable<StoreFinding> CheckLeasesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (string path in LocalCheck.Entries(layout.Leases).Where(path => path.EndsWith(LocalLayout.LeaseSuffix, StringComparison.Ordinal)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await ProblemOfLeaseAsync(path, cancellationToken).ConfigureAwait(false) is not { } problem)
                continue;
            // Whoever made it may still count on it; after the time that leases last by default it is over.
            if (File.GetLastWriteTimeUtc(path) + LeaseLife >= timeProvider.GetUtcNow())
            {
                yield return LocalRepair.Found(
                    path, $"{problem} It may be in use until it is {LeaseLife.TotalHours} hours old.", StoreFindingSeverity.Inconsistent);
            }
            else if (await repair.MoveAsync(
                path, problem, layout.LeaseLock, async () => await ProblemOfLeaseAsync(path, cancellationToken).ConfigureAwait(false) is not null,
                cancellationToken).ConfigureAwait(false) is { } finding)
            {
                yield return finding;
            }
        }
    }

    private async ValueTask<StoreFinding?> CheckLabelsAsync(string algorithm, string path, CancellationToken cancellationToken)
    {
        if (!Digest.TryParse($"{algorithm}:{Path.GetFileName(path)}", out var digest))
            return LocalRepair.Found(path, "It is not named after content.", StoreFindingSeverity.Waste);
        if (IsOrphan())
        {
            return await repair.DeleteAsync(
                path, $"It has labels of {digest}, which is not in the store.", layout.LabelLock, () => ValueTask.FromResult(IsOrphan()),
                cancellationToken).ConfigureAwait(false);
        }
        if (await ProblemAsync().ConfigureAwait(false) is not { } problem)
            return null;
        return await repair.MoveAsync(
            path, problem, layout.LabelLock, async () => await ProblemAsync().ConfigureAwait(false) is not null, cancellationToken).ConfigureAwait(false);

        // Content goes after its labels: they were listed, and it is gone, and they are there.
        bool IsOrphan() => blobs.Stat(digest) is null && DurableFile.Exists(path);

        ValueTask<string?> ProblemAsync() => LocalCheck.ProblemAsync(path, LocalJson.Default.DictionaryStringString, cancellationToken);
    }

    private async ValueTask<string?> ProblemOfLeaseAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await leases.ReadAsync(Path.GetFileName(path)[..^LocalLayout.LeaseSuffix.Length], cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (StorageException e) when (e.Kind == OciErrorKind.Corrupt)
        {
            return e.Message;
        }
    }
}
