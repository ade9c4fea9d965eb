using System.Text.Json;
using OciImages.Configs;
using OciImages.Manifests;

namespace OciImages.Archives.Internal;

/// <summary>
/// Finds the images of an archive: by Docker's <c>manifest.json</c> where there is one, as Docker does, else by the <c>index.json</c> of an OCI image
/// layout (OCI image specification, "Image Layout").
/// </summary>
internal sealed class ArchiveContents(ArchiveSource source, Platform platform)
{
    private const int MaxIndexDepth = 4;
    private const int MaxImages = 10_000;
    private const string NameAnnotation = "io.containerd.image.name";
    private const string RefNameAnnotation = "org.opencontainers.image.ref.name";

    public async Task<IReadOnlyList<ArchiveImage>> ReadAsync(CancellationToken cancellationToken)
    {
        var layout = source.Has("index.json") ? await ReadLayoutAsync(cancellationToken).ConfigureAwait(false) : [];
        if (source.Has("manifest.json"))
            return await ReadDockerAsync(layout, cancellationToken).ConfigureAwait(false);
        if (source.Has("index.json"))
            return layout;
        throw new OciException(
            OciErrorKind.InvalidInput, source.Has("repositories")
                ? "The archive is of Docker before 1.10, which is not read: load it with Docker and save it again."
                : "It is no archive of images: it has neither manifest.json nor index.json.");
    }

    private async Task<IReadOnlyList<ArchiveImage>> ReadDockerAsync(IReadOnlyList<ArchiveImage> layout, CancellationToken cancellationToken)
    {
        var entries = Parse(await source.ReadAsync("manifest.json", cancellationToken).ConfigureAwait(false));
        if (entries.Count > MaxImages)
            throw Invalid($"it has {entries.Count} images, more than the {MaxImages} allowed");
        var images = new List<ArchiveImage>(entries.Count);
        foreach (var entry in entries)
        {
            if (entry?.Config is null || entry.Layers is null || entry.Layers.Contains(null!))
                throw Invalid("an image has no Config or no Layers");
            string configName = ArchivePath.Resolve("", entry.Config);
            var config = await ReadConfigAsync(configName, cancellationToken).ConfigureAwait(false);
            if (entry.Layers.Count != config.DiffIds.Count)
                throw Invalid($"invalid manifest, layers length mismatch: expected {config.DiffIds.Count}, got {entry.Layers.Count}");
            images.Add(new ArchiveImage(
                config, [.. entry.Layers.Select(layer => ArchivePath.Resolve("", layer))], [.. (entry.RepoTags ?? []).Select(ParseTag)])
            {
                // Where the archive is an image layout as well, its blobs are what the image was pulled as.
                Manifest = layout.FirstOrDefault(image => image.Config.Id == config.Id)?.Manifest,
                Parent = Digest.TryParse(entry.Parent, out var parent) ? new ImageId(parent) : null,
            });
        }
        return images;
    }

    private async Task<IReadOnlyList<ArchiveImage>> ReadLayoutAsync(CancellationToken cancellationToken)
    {
        var bytes = await source.ReadAsync("index.json", cancellationToken).ConfigureAwait(false);
        if (Manifest.Parse(new ManifestContent("", bytes)) is not ImageIndex index)
            throw Invalid("its index.json is no index");
        var images = new List<ArchiveImage>();
        foreach (var group in index.Manifests.GroupBy(entry => entry.Digest).Take(MaxImages))
        {
            if (await FindImageAsync(group.First(), 0, cancellationToken).ConfigureAwait(false) is not { } manifest)
                continue;
            var config = await ReadConfigAsync(BlobName(manifest.Config.Digest), cancellationToken).ConfigureAwait(false);
            if (config.Id.Value != manifest.Config.Digest)
                throw new OciException(OciErrorKind.Corrupt, $"The archive's config {manifest.Config.Digest} has the digest {config.Id} instead.");
            if (manifest.Layers.Count != config.DiffIds.Count)
                throw Invalid($"the manifest {manifest} has {manifest.Layers.Count} layers, but its config has {config.DiffIds.Count} DiffIDs");
            images.Add(new ArchiveImage(
                config, [.. manifest.Layers.Select(layer => BlobName(layer.Digest))], [.. group.SelectMany(NamesOf).Distinct()]) { Manifest = manifest });
        }
        return images;
    }

    // What is no image, or none for the platform, is left out: signatures and attestations lie beside images.
    private async Task<ImageManifest?> FindImageAsync(Descriptor descriptor, int depth, CancellationToken cancellationToken)
    {
        if (!MediaTypes.IsImageManifest(descriptor.MediaType) && !MediaTypes.IsIndex(descriptor.MediaType))
            return null;
        string name = BlobName(descriptor.Digest);
        var bytes = await source.ReadAsync(name, cancellationToken).ConfigureAwait(false);
        switch (Manifest.Parse(new ManifestContent(descriptor.MediaType, bytes, descriptor.Digest)))
        {
            case ImageManifest image:
                return image.Layers.All(layer => MediaTypes.IsLayer(layer.MediaType)) && source.Has(BlobName(image.Config.Digest)) ? image : null;
            case ImageIndex index when depth < MaxIndexDepth:
                var here = index.Manifests.Where(entry => source.Has(BlobName(entry.Digest))).ToList();
                return new PlatformMatcher(platform).SelectBest(here) is { } chosen
                    ? await FindImageAsync(chosen, depth + 1, cancellationToken).ConfigureAwait(false)
                    : throw new OciException(OciErrorKind.NotFound, $"The archive's index {descriptor.Digest} has no image for {platform}.");
            default:
                throw Invalid($"it has an index nested more than {MaxIndexDepth} levels deep");
        }
    }

    private async Task<ImageConfig> ReadConfigAsync(string name, CancellationToken cancellationToken)
    {
        var config = ImageConfig.Parse(await source.ReadAsync(name, cancellationToken).ConfigureAwait(false));
        if (config.Platform.Os.Length > 0 && config.Platform.Os != platform.Normalize().Os)
            throw new OciException(OciErrorKind.Unsupported, $"The archive's image {config.Id} is for {config.Platform}: its operating system is not {platform.Os}.");
        return config;
    }

    private static string BlobName(Digest digest) => $"blobs/{digest.Algorithm.Name}/{digest.Hex}";

    // A tag alone, as image layouts have it, names no repository.
    private static IEnumerable<ImageReference> NamesOf(Descriptor entry)
    {
        if (entry.Annotations is not { } annotations)
            return [];
        if (annotations.TryGetValue(NameAnnotation, out string? full))
            return [ParseTag(full)];
        return annotations.TryGetValue(RefNameAnnotation, out string? name) && name.AsSpan().ContainsAny('/', ':')
            && ImageReference.TryParse(name, out var reference) && reference.Digest is null
                ? [reference.WithDefaultTag()]
                : [];
    }

    private static ImageReference ParseTag(string? text) =>
        ImageReference.TryParse(text, out var reference) && reference is { Digest: null, Tag: not null }
            ? reference
            : throw Invalid($"invalid tag \"{text}\"");

    private static IReadOnlyList<DockerArchiveEntry> Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json.Span, ArchiveJson.Default.IReadOnlyListDockerArchiveEntry)
                ?? throw Invalid("invalid manifest, manifest cannot be null (but can be [])");
        }
        catch (JsonException e)
        {
            throw new OciException(OciErrorKind.InvalidInput, $"The archive's manifest.json is malformed: {e.Message}", e);
        }
    }

    private static OciException Invalid(string what) => new(OciErrorKind.InvalidInput, $"The archive is malformed: {what}.");
}
