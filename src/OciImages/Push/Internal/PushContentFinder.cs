using OciImages.Content;
using OciImages.Manifests;
using OciImages.Roots;

namespace OciImages.Push.Internal;

/// <summary>
/// Finds the manifest of an image among those that pulls left here: by the records of where the image came from, and for images older than these by
/// the digest references that name it.
/// </summary>
internal sealed class PushContentFinder(ImageRoot root)
{
    private const int MaxIndexDepth = 4;

    private readonly StoredManifests _manifests = new(root.Content);

    /// <summary>Finds what to push for an image.</summary>
    /// <param name="reference">The reference that is pushed; null when an image is saved without one.</param>
    /// <param name="image">The image that it names.</param>
    /// <param name="allPlatforms">Whether the index is wanted that has it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The content; null when there is no manifest of the image here.</returns>
    /// <exception cref="OciException">There is no such index, or not all of it is here (<see cref="OciErrorKind.NotFound"/>).</exception>
    public async Task<PushContent?> FindAsync(ImageReference? reference, ImageId image, bool allPlatforms, CancellationToken cancellationToken)
    {
        (ImageManifest Manifest, Manifest Root)? found = null;
        foreach (var known in await RootsOfAsync(reference, image, cancellationToken).ConfigureAwait(false))
        {
            if (await _manifests.FindAsync(known.Digest, known.MediaType, cancellationToken).ConfigureAwait(false) is not { } candidate
                || await FindWithinAsync(candidate, image, 0, cancellationToken).ConfigureAwait(false) is not { } manifest)
                continue;
            found ??= (manifest, candidate);
            if (allPlatforms && candidate is ImageIndex index)
                return await CollectAsync(Name(reference, image), index, cancellationToken).ConfigureAwait(false);
        }
        if (allPlatforms)
            throw new OciException(OciErrorKind.NotFound, $"{Name(reference, image)} was not pulled by an index: there are no other platforms to push.");
        return found is null ? null : new PushContent(found.Value.Manifest, [found.Value.Manifest], []);
    }

    // Those of the repository itself first, the newest before older ones: should several manifests have the same config, the last pulled counts.
    private async Task<IReadOnlyList<Descriptor>> RootsOfAsync(ImageReference? reference, ImageId image, CancellationToken cancellationToken)
    {
        var roots = new List<(RepositoryName Repository, Descriptor Root)>();
        foreach (var origin in (await root.Origins.ReadAsync(image, cancellationToken).ConfigureAwait(false)).Reverse())
        {
            roots.Add((origin.Reference.Repository, origin.Root));
            roots.Add((origin.Reference.Repository, origin.Manifest));
        }
        await foreach (var entry in root.References.ListAsync(image, cancellationToken).ConfigureAwait(false))
        {
            if (entry.Reference.Digest is { } digest)
                roots.Add((entry.Reference.Repository, new Descriptor("", digest, 0)));
        }
        return [.. roots.OrderBy(one => one.Repository != reference?.Repository).Select(one => one.Root).DistinctBy(one => one.Digest)];
    }

    private async Task<ImageManifest?> FindWithinAsync(Manifest manifest, ImageId image, int depth, CancellationToken cancellationToken)
    {
        if (manifest is ImageManifest one)
            return one.Config.Digest == image.Value ? one : null;
        if (depth == MaxIndexDepth)
            return null;
        foreach (var entry in ((ImageIndex)manifest).Manifests)
        {
            if (await _manifests.FindAsync(entry.Digest, entry.MediaType, cancellationToken).ConfigureAwait(false) is { } child
                && await FindWithinAsync(child, image, depth + 1, cancellationToken).ConfigureAwait(false) is { } found)
                return found;
        }
        return null;
    }

    private async Task<PushContent> CollectAsync(string name, ImageIndex index, CancellationToken cancellationToken)
    {
        var images = new List<ImageManifest>();
        var indexes = new List<ImageIndex>();
        var missing = new List<string>();
        await CollectAsync(index, 0).ConfigureAwait(false);
        if (missing.Count > 0)
        {
            throw new OciException(
                OciErrorKind.NotFound,
                $"Not all of {name} is here; missing: {string.Join(", ", missing.Take(10))}{(missing.Count > 10 ? ", …" : "")}.");
        }
        return new PushContent(index, images, indexes);

        async Task CollectAsync(ImageIndex parent, int depth)
        {
            foreach (var entry in parent.Manifests)
            {
                switch (await _manifests.FindAsync(entry.Digest, entry.MediaType, cancellationToken).ConfigureAwait(false))
                {
                    case ImageManifest image:
                        images.Add(image);
                        foreach (var blob in image.Layers.Where(layer => !MediaTypes.IsForeignLayer(layer.MediaType)).Append(image.Config))
                        {
                            if (await root.Content.FindAsync(blob.Digest, cancellationToken).ConfigureAwait(false) is null)
                                missing.Add($"{PlatformOf(entry)} blob {blob.Digest}");
                        }
                        break;
                    case ImageIndex child when depth < MaxIndexDepth:
                        await CollectAsync(child, depth + 1).ConfigureAwait(false);
                        indexes.Add(child);
                        break;
                    default:
                        missing.Add($"{PlatformOf(entry)} manifest {entry.Digest}");
                        break;
                }
            }
        }

        static string PlatformOf(Descriptor entry) => entry.Platform?.ToString() ?? "?";
    }

    private static string Name(ImageReference? reference, ImageId image) => reference?.ToFamiliarString() ?? image.ToString();
}
