using OciImages.Content;
using OciImages.Manifests;

namespace OciImages.RegistryServer.Internal;

/// <summary>Reads a registry's index from content: from each entry down through indexes to manifests and what they refer to.</summary>
internal sealed class RegistryScan(IContentReader content)
{
    // Beyond it an index of indexes is no image but a trap.
    private const int MaxDepth = 8;

    /// <summary>Reads one repository.</summary>
    internal async ValueTask<MemoryRegistryIndex> RunAsync(IEnumerable<RegistryEntry> entries, CancellationToken cancellationToken)
    {
        var index = new MemoryRegistryIndex();
        var seen = new HashSet<Digest>();
        foreach (var entry in entries)
        {
            string[] tags = entry.Tag is null ? [] : [entry.Tag];
            await AddAsync(index, entry, tags, seen, 0, cancellationToken).ConfigureAwait(false);
        }
        return index;
    }

    private async ValueTask AddAsync(
        MemoryRegistryIndex index, RegistryEntry entry, string[] tags, HashSet<Digest> seen, int depth, CancellationToken cancellationToken)
    {
        // Another tag of the same manifest is still put, its parts are not walked again. What is not here or is no manifest is left out.
        bool known = seen.Contains(entry.Digest);
        if ((known && tags.Length == 0) || depth > MaxDepth || await ReadAsync(entry, cancellationToken).ConfigureAwait(false) is not { } manifest)
            return;
        seen.Add(entry.Digest);
        await index.PutManifestAsync(entry.Repository, RegistryManifest.Of(manifest), tags, [], cancellationToken).ConfigureAwait(false);
        if (known)
            return;
        foreach (var part in ManifestParts.BlobsOf(manifest))
            await index.AddBlobAsync(entry.Repository, part.Digest, cancellationToken).ConfigureAwait(false);
        if (manifest is ImageIndex inner)
        {
            foreach (var child in inner.Manifests)
            {
                var part = new RegistryEntry(entry.Repository, null, child.Digest, child.MediaType);
                await AddAsync(index, part, [], seen, depth + 1, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<Manifest?> ReadAsync(RegistryEntry entry, CancellationToken cancellationToken)
    {
        if (entry.MediaType.Length > 0 && !MediaTypes.IsImageManifest(entry.MediaType) && !MediaTypes.IsIndex(entry.MediaType))
            return null;
        try
        {
            var bytes = await content.ReadSmallAsync(entry.Digest, ManifestContent.MaxSize, cancellationToken).ConfigureAwait(false);
            return bytes is { } found ? Manifest.Parse(new ManifestContent(entry.MediaType, found, entry.Digest)) : null;
        }
        catch (OciException e) when (e is not StorageException)
        {
            return null; // damaged, or not a manifest whatever the entry says: the others can be served all the same
        }
    }
}
