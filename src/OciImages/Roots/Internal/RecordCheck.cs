using System.Runtime.CompilerServices;
using OciImages.Configs;
using OciImages.Content;
using OciImages.Images;
using OciImages.IO;
using OciImages.References;

namespace OciImages.Roots.Internal;

/// <summary>Checks the records of images of a root, and repairs what can be put right from what else is there.</summary>
internal sealed class RecordCheck(
    ImageRoot root, RootPaths paths, FileImageStore images, FileReferenceStore references, FileImageOriginStore origins, bool repair)
{
    // A write takes milliseconds. What is older is of a process that ended, a dockerd's too, which leaves no mark that it was killed.
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromMinutes(1);

    internal async IAsyncEnumerable<StoreFinding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var part in (IAsyncEnumerable<StoreFinding>[])[
            CheckConfigsAsync(cancellationToken), CheckLayersAsync(cancellationToken), CheckNotesAsync(cancellationToken),
            CheckReferencesAsync(cancellationToken), CheckOriginsAsync(cancellationToken), CheckLeftoversAsync(cancellationToken)])
        {
            await foreach (var finding in part.ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return finding;
            }
        }
    }

    private async IAsyncEnumerable<StoreFinding> CheckConfigsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var id in images.ListFiles())
        {
            string? problem = null;
            try
            {
                await images.FindAsync(id, cancellationToken).ConfigureAwait(false);
            }
            catch (StorageException e)
            {
                problem = e.Message;
            }
            if (problem is null)
                continue;
            bool isKept = await FindKeptAsync(id, cancellationToken).ConfigureAwait(false) is not null;
            yield return await FoundAsync(
                "images", images.ContentPath(id), problem, StoreFindingSeverity.Damaged,
                isKept ? "The config is written again from the content store." : null, () => RestoreAsync(id, cancellationToken)).ConfigureAwait(false);
        }
    }

    private async IAsyncEnumerable<StoreFinding> CheckLayersAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var isWhole = new Dictionary<ChainId, bool> { [default] = true };
        await foreach (var image in images.ListInfoAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!isWhole.TryGetValue(image.TopLayer, out bool whole))
            {
                var layer = await root.Layers.AcquireAsync(image.TopLayer, cancellationToken).ConfigureAwait(false);
                isWhole.Add(image.TopLayer, whole = layer is not null);
                if (layer is not null)
                    await layer.DisposeAsync().ConfigureAwait(false);
            }
            if (!whole)
            {
                yield return new StoreFinding(
                    "images", images.ContentPath(image.Id),
                    $"The image {image.Id} stands on the layer {image.TopLayer}, which is missing or not whole; pulling the image again brings it.",
                    StoreFindingSeverity.Damaged);
            }
        }
    }

    private async IAsyncEnumerable<StoreFinding> CheckNotesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var id in images.ListNoted())
        {
            string path = images.NotesPath(id);
            if (!images.HasContent(id))
            {
                yield return await FoundAsync(
                    "images", path, $"Something is noted of the image {id}, which is not there.", StoreFindingSeverity.Waste,
                    "The notes are deleted.", () => images.DeleteOrphanedNotesAsync(id, cancellationToken)).ConfigureAwait(false);
            }
            else if (await images.GetParentAsync(id, cancellationToken).ConfigureAwait(false) is { } parent && !images.HasContent(parent))
            {
                yield return await FoundAsync(
                    "images", Path.Combine(path, "parent"), $"The parent {parent} of the image {id} is not there.", StoreFindingSeverity.Inconsistent,
                    "The image has no parent afterwards.", async () =>
                    {
                        await images.SetParentAsync(id, null, cancellationToken).ConfigureAwait(false);
                        return true;
                    }).ConfigureAwait(false);
            }
        }
    }

    private async IAsyncEnumerable<StoreFinding> CheckReferencesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var entries = new List<ReferenceEntry>();
        IReadOnlyList<string> odd = [];
        StoreFinding? unreadable = null;
        try
        {
            await foreach (var entry in references.ListAsync(null, cancellationToken).ConfigureAwait(false))
                entries.Add(entry);
            odd = await references.ListNotUnderstoodAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException e)
        {
            unreadable = new StoreFinding("references", references.FilePath, e.Message, StoreFindingSeverity.Damaged);
        }
        if (unreadable is not null)
        {
            yield return unreadable;
            yield break;
        }
        foreach (string name in odd)
            yield return new StoreFinding("references", references.FilePath, $"The entry \"{name}\" is no reference; it is kept.", StoreFindingSeverity.Inconsistent);
        foreach (var (reference, id) in entries)
        {
            if (images.HasContent(id))
                continue;
            bool isKept = await FindKeptAsync(id, cancellationToken).ConfigureAwait(false) is not null;
            yield return await FoundAsync(
                "references", references.FilePath, $"{reference.ToFamiliarString()} names the image {id}, which is not there.", StoreFindingSeverity.Damaged,
                isKept ? "The image's config is written again from the content store." : "The reference is removed.",
                async () => isKept
                    ? await RestoreAsync(id, cancellationToken).ConfigureAwait(false)
                    // Unless it was pulled, or moved, in the meantime.
                    : !images.HasContent(id) && await references.FindAsync(reference, cancellationToken).ConfigureAwait(false) == id
                        && await references.RemoveAsync(reference, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    private async IAsyncEnumerable<StoreFinding> CheckOriginsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var id in origins.ListImagesAsync(cancellationToken).ConfigureAwait(false))
        {
            string path = origins.RecordPath(id);
            string? damage = null;
            IReadOnlyList<ImageOrigin> known = [];
            try
            {
                known = await origins.ReadAsync(id, cancellationToken).ConfigureAwait(false);
            }
            catch (StorageException e)
            {
                damage = e.Message;
            }
            if (damage is not null || !images.HasContent(id))
            {
                yield return await FoundAsync(
                    "origins", path, damage ?? $"It is recorded where the image {id} came from, which is not there.",
                    damage is null ? StoreFindingSeverity.Waste : StoreFindingSeverity.Inconsistent, "The record is deleted.",
                    async () => (damage is not null || !images.HasContent(id))
                        && await origins.DeleteAsync(id, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
                continue;
            }
            foreach (var manifest in known.SelectMany(origin => origin.Indexes.Append(origin.Manifest)).DistinctBy(manifest => manifest.Digest))
            {
                if (await root.Content.FindAsync(manifest.Digest, cancellationToken).ConfigureAwait(false) is null)
                {
                    yield return new StoreFinding(
                        "origins", path, $"The manifest {manifest.Digest} of the image {id} is not in the content store; a push makes another.",
                        StoreFindingSeverity.Inconsistent);
                }
            }
        }
    }

    private async IAsyncEnumerable<StoreFinding> CheckLeftoversAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (string path in Leftovers())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return await FoundAsync(
                "images", path, "A write was interrupted.", StoreFindingSeverity.Waste, "The file is deleted.", () =>
                {
                    File.Delete(path);
                    return ValueTask.FromResult(true);
                }).ConfigureAwait(false);
        }
    }

    private IEnumerable<string> Leftovers()
    {
        string[] whole = [paths.ImageDb, paths.Distribution, paths.Origins];
        string[] flat = [paths.Image, paths.Own, Path.GetDirectoryName(paths.ImageIndex)!];
        var now = root.TimeProvider.GetUtcNow().UtcDateTime;
        return whole.Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, Roots.Internal.Leftovers.Pattern, SearchOption.AllDirectories))
            .Concat(flat.Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, Roots.Internal.Leftovers.Pattern)))
            .Where(path => now - File.GetLastWriteTimeUtc(path) > LeftoverAge);
    }

    private async ValueTask<StoreFinding> FoundAsync(
        string store, string path, string problem, StoreFindingSeverity severity, string? how, Func<ValueTask<bool>> doRepair)
    {
        var finding = new StoreFinding(store, path, problem, severity, how);
        if (!repair || how is null)
            return finding;
        try
        {
            return finding with { IsRepaired = await doRepair().ConfigureAwait(false) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageException.From(e, "repair", path);
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>?> FindKeptAsync(ImageId id, CancellationToken cancellationToken)
    {
        try
        {
            return await root.Content.ReadSmallAsync(id.Value, ImageConfig.MaxSize, cancellationToken).ConfigureAwait(false);
        }
        catch (OciException e) when (e.Kind is OciErrorKind.Corrupt or OciErrorKind.InvalidInput)
        {
            return null;
        }
    }

    private async ValueTask<bool> RestoreAsync(ImageId id, CancellationToken cancellationToken) =>
        await FindKeptAsync(id, cancellationToken).ConfigureAwait(false) is { } config
        && await images.PutAsync(config, cancellationToken).ConfigureAwait(false) == id;
}
