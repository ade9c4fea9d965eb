using System.Runtime.CompilerServices;
using OciImages.IO;
using OciImages.References;
using OciImages.Roots;

namespace OciImages.Checks.Internal;

/// <summary>Looks for names in the content store's <c>index.json</c> that no tag has any more, as a process leaves them that is killed between the two.</summary>
internal sealed class LayoutTagCheck(ImageRoot root, bool repair)
{
    internal async IAsyncEnumerable<StoreFinding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var all = root.OpenRecordsOfOtherDrivers().Select(records => records.References).Prepend(root.References).ToList();
        foreach (var (tag, target) in await root.LayoutTags.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (await IsNamedAsync(all, tag, cancellationToken).ConfigureAwait(false))
                continue;
            // It may be half of a change: looked at again, where nothing changes meanwhile.
            using var held = await TryLockAsync(cancellationToken).ConfigureAwait(false);
            if (await IsNamedAsync(all, tag, cancellationToken).ConfigureAwait(false)
                || !(await root.LayoutTags.ListAsync(cancellationToken).ConfigureAwait(false)).Any(entry => entry.Tag == tag))
                continue;
            if (repair)
                await root.LayoutTags.RemoveAsync(tag, cancellationToken).ConfigureAwait(false);
            yield return new StoreFinding(
                "content", Path.Combine(root.LocalContent.Root, "index.json"), $"It lists {target.Digest} as {tag}, which is no tag here.",
                StoreFindingSeverity.Waste, "The entry is removed.") { IsRepaired = repair };
        }
    }

    // On a disk that cannot be written nothing changes anyway.
    private async ValueTask<IDisposable?> TryLockAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await root.LockAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException) when (!repair)
        {
            return null;
        }
    }

    private static async ValueTask<bool> IsNamedAsync(List<IReferenceStore> stores, ImageReference tag, CancellationToken cancellationToken)
    {
        foreach (var store in stores)
        {
            if (await store.FindAsync(tag, cancellationToken).ConfigureAwait(false) is not null)
                return true;
        }
        return false;
    }
}
