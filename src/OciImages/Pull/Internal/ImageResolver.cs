using OciImages.Configs;
using OciImages.Content;
using OciImages.Manifests;
using OciImages.Registry;

namespace OciImages.Pull.Internal;

/// <summary>
/// Follows a reference to an image: manifest or index, platform, config. What it fetches, and the layers that will be fetched, are under
/// the lease before they are there.
/// </summary>
internal sealed class ImageResolver(IContentStore content)
{
    // An index of indexes is legal; one of a thousand levels is an attack.
    private const int MaxIndexDepth = 4;

    // What old registries give for configs (docker/distribution issue 1621).
    private static readonly string[] OldConfigTypes = ["", "application/octet-stream", "application/json", "text/html", "text/plain"];

    public async Task<ResolvedImage> ResolveAsync(
        IRepository repository, ImageReference reference, Platform? platform, ContentLease lease, CancellationToken cancellationToken)
    {
        var root = await GetRootAsync(repository, reference, lease, cancellationToken).ConfigureAwait(false);
        var (manifest, indexes, offered) =
            await SelectAsync(repository, reference, root, platform ?? Platform.Current, lease, cancellationToken).ConfigureAwait(false);
        var config = await GetConfigAsync(repository, reference, manifest, lease, cancellationToken).ConfigureAwait(false);
        return new ResolvedImage(root.Content.Descriptor, manifest, config, indexes, offered, Check(reference, manifest, config, platform));
    }

    private async Task<Manifest> GetRootAsync(
        IRepository repository, ImageReference reference, ContentLease lease, CancellationToken cancellationToken)
    {
        string tagOrDigest = reference.Digest?.ToString() ?? reference.Tag!;
        // Asking first costs registries nothing, and what is here is not fetched again.
        var descriptor = await repository.Manifests.ResolveAsync(tagOrDigest, cancellationToken).ConfigureAwait(false)
            ?? throw new OciException(OciErrorKind.NotFound, $"The registry {reference.Repository.Domain} has no manifest for {reference}.");
        return await GetManifestAsync(repository, descriptor, lease, cancellationToken).ConfigureAwait(false);
    }

    private async Task<(ImageManifest Manifest, List<Descriptor> Indexes, Platform? Platform)> SelectAsync(
        IRepository repository, ImageReference reference, Manifest manifest, Platform platform, ContentLease lease, CancellationToken cancellationToken)
    {
        var indexes = new List<Descriptor>();
        Platform? offered = null;
        for (int depth = 0; depth <= MaxIndexDepth; depth++)
        {
            if (manifest is ImageManifest image)
                return (image, indexes, offered);
            var index = (ImageIndex)manifest;
            indexes.Add(index.Content.Descriptor);
            var chosen = new PlatformMatcher(platform).SelectBest(index.Manifests)
                ?? throw new OciException(OciErrorKind.NotFound, NoMatch(reference, platform, index));
            manifest = await GetManifestAsync(repository, chosen, lease, cancellationToken).ConfigureAwait(false);
            CheckSize("manifest", reference, chosen, manifest.Content.Bytes);
            offered = chosen.Platform;
        }
        throw new OciException(OciErrorKind.InvalidInput, $"{reference} is an index nested more than {MaxIndexDepth} levels deep.");
    }

    private async Task<Manifest> GetManifestAsync(
        IRepository repository, Descriptor descriptor, ContentLease lease, CancellationToken cancellationToken)
    {
        await lease.AddAsync([descriptor.Digest], cancellationToken).ConfigureAwait(false);
        if (await ReadStoredAsync(descriptor.Digest, ManifestContent.MaxSize, cancellationToken).ConfigureAwait(false) is { } stored)
            return Manifest.Parse(new ManifestContent(descriptor.MediaType, stored, descriptor.Digest));
        var fetched = descriptor.GetEmbeddedContent() is { } embedded
            ? new ManifestContent(descriptor.MediaType, embedded, descriptor.Digest)
            : await repository.Manifests.GetAsync(descriptor.Digest.ToString(), cancellationToken).ConfigureAwait(false);
        var manifest = Manifest.Parse(fetched);
        await content.WriteSmallAsync(fetched.Bytes, descriptor.Digest, cancellationToken).ConfigureAwait(false);
        return manifest;
    }

    private async Task<ImageConfig> GetConfigAsync(
        IRepository repository, ImageReference reference, ImageManifest manifest, ContentLease lease, CancellationToken cancellationToken)
    {
        var descriptor = manifest.Config;
        if (descriptor.MediaType is not (MediaTypes.OciConfig or MediaTypes.DockerConfig) && !OldConfigTypes.Contains(descriptor.MediaType))
            throw new OciException(OciErrorKind.Unsupported, $"{reference} is not an image: its config is of the media type \"{descriptor.MediaType}\".");
        if (descriptor.Size > ImageConfig.MaxSize)
            throw new OciException(OciErrorKind.InvalidInput, $"The config of {reference} has {descriptor.Size} bytes, more than the {ImageConfig.MaxSize} allowed.");
        await lease.AddAsync([descriptor.Digest, .. manifest.Layers.Select(layer => layer.Digest)], cancellationToken).ConfigureAwait(false);
        if (await ReadStoredAsync(descriptor.Digest, ImageConfig.MaxSize, cancellationToken).ConfigureAwait(false) is { } stored)
        {
            CheckSize("config", reference, descriptor, stored);
            return ImageConfig.Parse(stored);
        }

        var bytes = descriptor.GetEmbeddedContent()
            ?? await FetchConfigAsync(repository, reference, descriptor, cancellationToken).ConfigureAwait(false);
        var config = ImageConfig.Parse(bytes);
        await content.WriteSmallAsync(bytes, descriptor.Digest, cancellationToken).ConfigureAwait(false);
        return config;
    }

    private static async Task<ReadOnlyMemory<byte>> FetchConfigAsync(
        IRepository repository, ImageReference reference, Descriptor descriptor, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[descriptor.Size];
        var stream = await repository.Blobs.OpenReadAsync(descriptor, 0, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
            await stream.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        if (Digest.Compute(bytes, descriptor.Digest.Algorithm) is var actual && actual != descriptor.Digest)
            throw new OciException(OciErrorKind.Corrupt, $"The config of {reference} should be {descriptor.Digest} but arrived as {actual}.");
        return bytes;
    }

    // What rotted on the disk is fetched again instead of failing every pull.
    private async Task<ReadOnlyMemory<byte>?> ReadStoredAsync(Digest digest, int maxSize, CancellationToken cancellationToken)
    {
        try
        {
            return await content.ReadSmallAsync(digest, maxSize, cancellationToken).ConfigureAwait(false);
        }
        catch (OciException e) when (e.Kind == OciErrorKind.Corrupt)
        {
            await content.DeleteAsync(digest, cancellationToken).ConfigureAwait(false);
            return null;
        }
    }

    // What is fetched is as long as its descriptor says; what was here may have come by another.
    private static void CheckSize(string what, ImageReference reference, Descriptor descriptor, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length != descriptor.Size)
            throw new OciException(OciErrorKind.Corrupt, $"The {what} {descriptor.Digest} of {reference} has {bytes.Length} bytes, not the {descriptor.Size} said.");
    }

    private static List<string> Check(ImageReference reference, ImageManifest manifest, ImageConfig config, Platform? platform)
    {
        if (manifest.Layers.Count != config.DiffIds.Count)
        {
            throw new OciException(
                OciErrorKind.InvalidInput, $"The manifest of {reference} has {manifest.Layers.Count} layers, but its config has {config.DiffIds.Count} DiffIDs.");
        }
        foreach (var layer in manifest.Layers)
        {
            if (!MediaTypes.IsLayer(layer.MediaType))
                throw new OciException(OciErrorKind.Unsupported, $"{reference} has a layer of the media type \"{layer.MediaType}\", which is not a file system.");
        }
        var wanted = platform ?? Platform.Current;
        // Like Docker: an image for another processor can be looked at and emulated, one for another system cannot be kept.
        if (config.Platform.Os.Length > 0 && config.Platform.Os != wanted.Normalize().Os)
            throw new OciException(OciErrorKind.Unsupported, $"{reference} is for {config.Platform}: its operating system is not {wanted.Os}.");
        return new PlatformMatcher(wanted).IsMatch(config.Platform)
            ? []
            : [$"{reference} is for {config.Platform}, which does not match {(platform is null ? "this machine's" : "the wanted")} platform {wanted}"];
    }

    private static string NoMatch(ImageReference reference, Platform platform, ImageIndex index)
    {
        var offered = index.Manifests.Select(manifest => manifest.Platform?.ToString()).Where(name => name is not (null or "unknown/unknown")).Distinct().Take(20);
        return $"{reference} has no matching manifest for {platform} in the manifest list entries; it has {string.Join(", ", offered.DefaultIfEmpty("none"))}.";
    }
}
