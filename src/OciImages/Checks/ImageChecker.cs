using System.Runtime.CompilerServices;
using OciImages.Checks.Internal;
using OciImages.Content.Local;
using OciImages.IO;
using OciImages.Layers;
using OciImages.Roots;

namespace OciImages.Checks;

/// <summary>Checks the stores of a data root one after the other, and what they say of each other.</summary>
/// <param name="root">The data root.</param>
public sealed class ImageChecker(ImageRoot root) : IImageChecker
{
    private static readonly (string, string, IAsyncEnumerable<StoreFinding>)[] NoParts = [];

    // More than any step takes in which something has no name yet, or not any more.
    private static readonly TimeSpan WriteTime = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoreFinding> CheckAsync(
        CheckOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        options ??= new CheckOptions();
        (string Store, string Path, IAsyncEnumerable<StoreFinding> Findings)[] parts =
        [
            ("content", root.LocalContent.Root, new LayoutTagCheck(root, options.Repair).RunAsync(cancellationToken)),
            // Lost configs are put back from content, and what content is damaged is out of the way then.
            ("content", root.LocalContent.Root, CheckContentAsync(options, cancellationToken)),
            ("images", root.Path, CheckRecordsAsync(options.Repair, cancellationToken)),
            // Again after a repair: references that named nothing may be gone now.
            .. options.Repair ? [("content", root.LocalContent.Root, new LayoutTagCheck(root, repair: true).RunAsync(cancellationToken))] : NoParts,
            ("mounts", root.MountDirectory, new MountCheck(root, options.Repair).RunAsync(cancellationToken)),
            // A damaged layer, or an orphan, is one that no image and no reference needs after all that.
            ("layers", root.Paths.LayerDb, root.FileLayers.CheckAsync(
                new LayerCheckOptions { Deep = options.Deep, Repair = options.Repair }, cancellationToken)),
            ("distribution", root.Distribution.Root, new DistributionCheck(root, options.Repair).RunAsync(cancellationToken)),
            ("content", root.LocalContent.Root, new UnusedContentCheck(root, options.Repair).RunAsync(cancellationToken)),
        ];
        foreach (var (store, path, findings) in parts)
        {
            await foreach (var finding in GuardAsync(store, path, findings, cancellationToken).ConfigureAwait(false))
                yield return finding;
        }
    }

    // What is found without a lock may be half a change: an ingest that is just being made has no id yet. A second look tells.
    private async IAsyncEnumerable<StoreFinding> CheckContentAsync(CheckOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var check = new LocalCheckOptions { Deep = options.Deep, Repair = options.Repair };
        var found = new List<StoreFinding>();
        await foreach (var finding in root.LocalContent.CheckAsync(check, cancellationToken).ConfigureAwait(false))
        {
            if (options.Repair)
                yield return finding;
            else
                found.Add(finding);
        }
        if (found.Count == 0)
            yield break;
        var again = new HashSet<StoreFinding>();
        await foreach (var finding in root.LocalContent.CheckAsync(check, cancellationToken).ConfigureAwait(false))
            again.Add(finding);
        foreach (var finding in found.Where(finding => again.Contains(finding) && !MayBeInFlight(finding)))
            yield return finding;
    }

    private bool MayBeInFlight(StoreFinding finding) => finding.Severity == StoreFindingSeverity.Waste
        && (!Path.Exists(finding.Path) || root.TimeProvider.GetUtcNow().UtcDateTime - File.GetLastWriteTimeUtc(finding.Path) < WriteTime);

    // Others change images and references together while they hold the lock of the root: what is found without it may be half a change.
    private async IAsyncEnumerable<StoreFinding> CheckRecordsAsync(bool repair, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool isClean = true;
        await foreach (var _ in root.CheckRecordsAsync(repair: false, cancellationToken).ConfigureAwait(false))
        {
            isClean = false;
            break;
        }
        if (isClean)
            yield break;
        using var hold = await LockAsync(repair, cancellationToken).ConfigureAwait(false);
        await foreach (var finding in root.CheckRecordsAsync(repair, cancellationToken).ConfigureAwait(false))
            yield return finding;
    }

    private async ValueTask<IDisposable?> LockAsync(bool repair, CancellationToken cancellationToken)
    {
        try
        {
            return await root.LockAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException e) when (e.Kind is OciErrorKind.Forbidden or OciErrorKind.NotFound && !repair)
        {
            return null; // a root that can only be read
        }
    }

    private static async IAsyncEnumerable<StoreFinding> GuardAsync(
        string store, string path, IAsyncEnumerable<StoreFinding> findings, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var enumerator = findings.GetAsyncEnumerator(cancellationToken);
        await using (enumerator.ConfigureAwait(false))
        {
            while (true)
            {
                StoreFinding? failure = null;
                try
                {
                    if (!await enumerator.MoveNextAsync().ConfigureAwait(false))
                        yield break;
                }
                catch (Exception e) when (e is OciException or IOException or UnauthorizedAccessException)
                {
                    failure = new StoreFinding(
                        store, (e as StorageException)?.Path ?? path, $"It could not be checked to the end: {e.Message}", StoreFindingSeverity.Damaged);
                }
                yield return failure ?? enumerator.Current;
                if (failure is not null)
                    yield break;
            }
        }
    }
}
