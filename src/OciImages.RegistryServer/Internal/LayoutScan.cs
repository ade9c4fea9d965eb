using OciImages.Content;
using OciImages.Manifests;

namespace OciImages.RegistryServer.Internal;

/// <summary>Reads an OCI image layout's index into a registry's: from each entry down through indexes to manifests and what they refer to.</summary>
internal sealed class LayoutScan(IContentReader content, string defaultRepository)
{
    private const string ReferenceName = "org.opencontainers.image.ref.name";
    private const string ContainerdName = "io.containerd.image.name";

    // Beyond it an index of indexes is no image but a trap.
    private const int MaxDepth = 8;

    internal async ValueTask<MemoryRegistryIndex> RunAsync(ImageIndex layout, CancellationToken cancellationToken)
    {
        var index = new MemoryRegistryIndex();
        var seen = new HashSet<(string Repository, Digest Digest)>();
        foreach (var entry in layout.Manifests)
        {
            var (repository, tag) = NameOf(entry);
            string[] tags = tag is null ? [] : [tag];
            await AddAsync(index, repository, entry, tags, seen, 0, cancellationToken).ConfigureAwait(false);
        }
        return index;
    }

    private async ValueTask AddAsync(
        MemoryRegistryIndex index,
        string repository,
        Descriptor entry,
        string[] tags,
        HashSet<(string Repository, Digest Digest)> seen,
        int depth,
        CancellationToken cancellationToken)
    {
        // Another tag of the same manifest is still put, its parts are not walked again. What is not here or is no manifest is left out.
        bool known = !seen.Add((repository, entry.Digest));
        if ((known && tags.Length == 0) || depth > MaxDepth || await ReadAsync(entry, cancellationToken).ConfigureAwait(false) is not { } manifest)
            return;
        await index.PutManifestAsync(repository, RegistryManifest.Of(manifest), tags, [], cancellationToken).ConfigureAwait(false);
        if (known)
            return;
        foreach (var part in ManifestParts.BlobsOf(manifest))
            await index.AddBlobAsync(repository, part.Digest, cancellationToken).ConfigureAwait(false);
        if (manifest is ImageIndex inner)
        {
            foreach (var child in inner.Manifests)
                await AddAsync(index, repository, child, [], seen, depth + 1, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<Manifest?> ReadAsync(Descriptor entry, CancellationToken cancellationToken)
    {
        if (!MediaTypes.IsImageManifest(entry.MediaType) && !MediaTypes.IsIndex(entry.MediaType))
            return null;
        try
        {
            var bytes = await content.ReadSmallAsync(entry.Digest, ManifestContent.MaxSize, cancellationToken).ConfigureAwait(false);
            return bytes is { } found ? Manifest.Parse(new ManifestContent(entry.MediaType, found, entry.Digest)) : null;
        }
        catch (OciException e) when (e is not StorageException)
        {
            return null; // damaged, or not a manifest whatever the index says: the others can be served all the same
        }
    }

    // A tag alone (as the specification has it), or a whole reference (as tools write it).
    private (string Repository, string? Tag) NameOf(Descriptor entry)
    {
        string? name = entry.Annotations?.GetValueOrDefault(ReferenceName);
        if (RegistryNames.IsTag(name))
        {
            return entry.Annotations!.TryGetValue(ContainerdName, out string? whole) && ImageReference.TryParse(whole, out var full)
                ? (full.Repository.Path, name)
                : (defaultRepository, name);
        }
        return ImageReference.TryParse(name, out var reference)
            ? (reference.Repository.Path, reference.Tag ?? (reference.Digest is null ? ImageReference.DefaultTag : null))
            : (defaultRepository, null);
    }
}
