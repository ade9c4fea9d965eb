using OciImages.Content;
using OciImages.Events;
using OciImages.Images;
using OciImages.Roots;

namespace OciImages.Archives.Internal;

/// <summary>
/// Loads an archive: all layers first, then blobs and manifests, configs, and tags last. Whatever fails before the tags leaves nothing.
/// </summary>
internal sealed class ImageLoader(ImageRoot root, ImageEvents events, LoadOptions options)
{
    private readonly LayerStager _stager = new(root.Content, root.Layers, options);
    private readonly KnownLayers _known = new(root);

    public async Task<IReadOnlyList<LoadedImage>> LoadAsync(Stream archive, CancellationToken cancellationToken)
    {
        var source = await OpenAsync(archive, cancellationToken).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            var images = await new ArchiveContents(source, options.Platform ?? Platform.Current).ReadAsync(cancellationToken).ConfigureAwait(false);
            var lease = await root.Content.CreateLeaseAsync(new ContentLeaseOptions { EndsWithProcess = true }, cancellationToken).ConfigureAwait(false);
            await using (lease.ConfigureAwait(false))
                return await LoadAsync(source, images, lease, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<ArchiveSource> OpenAsync(Stream archive, CancellationToken cancellationToken)
    {
        if (archive is FileStream { CanSeek: true } file && await IsPlainAsync(file, cancellationToken).ConfigureAwait(false))
            return await FileArchive.OpenAsync(file, _stager, cancellationToken).ConfigureAwait(false);
        var plain = await ArchiveCompression.OpenAsync(archive, cancellationToken).ConfigureAwait(false);
        await using (plain.ConfigureAwait(false))
            return await StreamArchive.ReadAsync(plain, _stager, digest => _known.HasAsync(digest, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private static async Task<bool> IsPlainAsync(FileStream file, CancellationToken cancellationToken)
    {
        long start = file.Position;
        byte[] prefix = new byte[10];
        int length = await file.ReadAtLeastAsync(prefix, prefix.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        file.Position = start;
        return ArchiveCompression.IsPlain(prefix.AsSpan(0, length));
    }

    private async Task<IReadOnlyList<LoadedImage>> LoadAsync(
        ArchiveSource source, IReadOnlyList<ArchiveImage> images, ContentLease lease, CancellationToken cancellationToken)
    {
        var layers = new ChainLoader(root, source, _stager, _known, options);
        bool complete = false;
        try
        {
            foreach (var image in images)
                await layers.LoadAsync(image, cancellationToken).ConfigureAwait(false);
            var kept = await KeepBlobsAsync(layers, images, lease, cancellationToken).ConfigureAwait(false);
            using var held = await root.LockAsync(cancellationToken).ConfigureAwait(false);
            foreach (var image in images)
                await root.Images.PutAsync(image.Config.Bytes, cancellationToken).ConfigureAwait(false);
            complete = true;
            return await NameAsync(images, kept, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            foreach (var staged in layers.Staged)
                await staged.DisposeAsync().ConfigureAwait(false);
            foreach (var handle in Enumerable.Reverse(layers.Committed))
            {
                // Deletes what nothing else refers to by now.
                if (!complete)
                    await handle.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
                await handle.DisposeAsync().ConfigureAwait(false);
            }
            foreach (var handle in layers.Existing)
                await handle.DisposeAsync().ConfigureAwait(false);
        }
    }

    // A manifest is kept where all that it names is here: then push and save give the same digests again.
    private async Task<HashSet<ImageId>> KeepBlobsAsync(
        ChainLoader layers, IReadOnlyList<ArchiveImage> images, ContentLease lease, CancellationToken cancellationToken)
    {
        var digests = images.Where(image => image.Manifest is not null)
            .SelectMany(image => image.Manifest!.Layers.Append(image.Manifest.Config).Append(image.Manifest.Content.Descriptor))
            .Select(blob => blob.Digest).Distinct().ToList();
        await lease.AddAsync(digests, cancellationToken).ConfigureAwait(false);
        foreach (var staged in layers.Staged)
            await staged.CommitBlobAsync(cancellationToken).ConfigureAwait(false);
        var kept = new HashSet<ImageId>();
        foreach (var image in images)
        {
            if (image.Manifest is not { } manifest || !await AreHereAsync(manifest.Layers, cancellationToken).ConfigureAwait(false))
                continue;
            await root.Content.WriteSmallAsync(image.Config.Bytes, manifest.Config.Digest, cancellationToken).ConfigureAwait(false);
            await root.Content.WriteSmallAsync(manifest.Content.Bytes, manifest.Content.Descriptor.Digest, cancellationToken).ConfigureAwait(false);
            kept.Add(image.Config.Id);
        }
        return kept;
    }

    private async Task<bool> AreHereAsync(IReadOnlyList<Descriptor> blobs, CancellationToken cancellationToken)
    {
        foreach (var blob in blobs)
        {
            if (await root.Content.FindAsync(blob.Digest, cancellationToken).ConfigureAwait(false) is null)
                return false;
        }
        return true;
    }

    private async Task<IReadOnlyList<LoadedImage>> NameAsync(
        IReadOnlyList<ArchiveImage> images, HashSet<ImageId> kept, CancellationToken cancellationToken)
    {
        var loaded = new List<LoadedImage>(images.Count);
        foreach (var image in images)
        {
            var id = image.Config.Id;
            if (image.Parent is { } parent && images.Any(other => other.Config.Id == parent && IsParent(other, image)))
                await root.Images.SetParentAsync(id, parent, cancellationToken).ConfigureAwait(false);
            var replaced = new Dictionary<ImageReference, ImageId>();
            foreach (var reference in image.References)
            {
                if (image.Manifest is { } manifest && kept.Contains(id))
                    await root.Origins.AddAsync(id, new ImageOrigin(reference, manifest.Content.Descriptor), cancellationToken).ConfigureAwait(false);
                if (await root.References.FindAsync(reference, cancellationToken).ConfigureAwait(false) is { } old && old != id)
                    replaced[reference] = old;
                await root.References.SetAsync(reference, id, cancellationToken: cancellationToken).ConfigureAwait(false);
                await root.LayoutTags.SetAsync(reference, id, cancellationToken).ConfigureAwait(false);
            }
            events.Publish(new ImageEvent(ImageEventType.Load, id, id.ToString(), root.TimeProvider.GetUtcNow()));
            loaded.Add(new LoadedImage(id, image.References) { Replaced = replaced });
        }
        return loaded;
    }

    // As Docker: a build of one step more on exactly that image; histories may be missing.
    private static bool IsParent(ArchiveImage parent, ArchiveImage child)
    {
        var (below, own) = (parent.Config.History, child.Config.History);
        return (below.Count == 0 && own.Count == 0) || (own.Count == below.Count + 1 && below.SequenceEqual(own.Take(below.Count)));
    }
}
